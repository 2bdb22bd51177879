"""Celery tasks are thin doors: ids in, the pipeline does the work, and all of it is safe twice."""

from uuid import UUID

from celery import Celery

from docuvault.domain.documents import Stage
from docuvault.queue.base import StageTask
from docuvault.queue.names import (
    CANARY_TASK,
    CHECK_INDEX_TASK,
    DECIDE_MODE_TASK,
    PURGE_TASK,
    STAGE_TASKS,
    SWEEP_TASK,
)
from docuvault.worker.runtime import WorkerRuntime


def register_tasks(app: Celery, runtime: WorkerRuntime) -> None:
    """Put the tasks on the application."""

    def purge(document_id: str) -> None:
        runtime.run(lambda processing: processing.maintenance.purge(UUID(document_id)))

    def canary() -> None:
        runtime.run(lambda processing: processing.canaries.note_seen())

    def sweep() -> None:
        runtime.run(lambda processing: processing.sweep())

    app.task(purge, name=PURGE_TASK)
    app.task(canary, name=CANARY_TASK)

    def check_index() -> None:
        runtime.run(lambda processing: processing.maintenance.check_index())

    def decide_mode() -> None:
        runtime.run(lambda processing: processing.decider.decide())

    app.task(sweep, name=SWEEP_TASK)
    app.task(decide_mode, name=DECIDE_MODE_TASK)
    app.task(check_index, name=CHECK_INDEX_TASK)
    for stage, name in STAGE_TASKS.items():
        _register_stage(app, runtime, stage, name)


def _register_stage(app: Celery, runtime: WorkerRuntime, stage: Stage, name: str) -> None:
    def run_stage(document_id: str) -> None:
        task = StageTask(UUID(document_id), stage)
        runtime.run(lambda processing: processing.stages.run(task))

    app.task(run_stage, name=name)
