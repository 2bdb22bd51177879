"""What beat sends, and how often."""

from celery import Celery

from docuvault.config.settings import QueueSettings
from docuvault.queue.names import CHECK_INDEX_TASK, SWEEP_TASK


def schedule_maintenance(app: Celery, settings: QueueSettings) -> None:
    """One task per interval; what nobody took in time is dropped, the next one does its work."""
    # Fixed intervals have nothing to remember, so no file is kept.
    app.conf.beat_scheduler = "celery.beat:Scheduler"
    app.conf.beat_schedule = {
        task: {"task": task, "schedule": seconds, "options": {"expires": seconds * 2}}
        for task, seconds in (
            (SWEEP_TASK, settings.sweep_seconds),
            (CHECK_INDEX_TASK, settings.index_check_seconds),
        )
    }
