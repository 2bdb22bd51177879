"""The Celery application of worker and beat: `celery --app docuvault.worker.app:app worker`."""

from typing import Any

from celery.signals import worker_init, worker_process_shutdown

from docuvault.bootstrap.drivers import import_drivers
from docuvault.config.settings import Settings
from docuvault.queue.celery_app import create_celery_app
from docuvault.worker.runtime import WorkerRuntime, worker_settings
from docuvault.worker.schedule import schedule_maintenance
from docuvault.worker.tasks import register_tasks

settings: Settings = worker_settings()
runtime = WorkerRuntime(settings)
app = create_celery_app(settings)
register_tasks(app, runtime)
schedule_maintenance(app, settings.queue)


def _close(**_: Any) -> None:
    runtime.close()


def _import_drivers(**_: Any) -> None:
    # Before the fork: children share these pages, and those that take their place start at once.
    import_drivers(settings)


worker_init.connect(_import_drivers, weak=False)
worker_process_shutdown.connect(_close, weak=False)
