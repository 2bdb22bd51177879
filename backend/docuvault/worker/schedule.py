"""What beat sends, and how often."""

from celery import Celery

from docuvault.config.settings import Settings
from docuvault.queue.names import CHECK_INDEX_TASK, DECIDE_MODE_TASK, SWEEP_TASK


def schedule_maintenance(app: Celery, settings: Settings) -> None:
    """One task per interval; what nobody took in time is dropped, the next one does its work."""
    # Fixed intervals have nothing to remember, so no file is kept.
    app.conf.beat_scheduler = "celery.beat:Scheduler"
    app.conf.beat_schedule = {
        task: {"task": task, "schedule": seconds, "options": {"expires": seconds * 2}}
        for task, seconds in (
            (SWEEP_TASK, settings.queue.sweep_seconds),
            (CHECK_INDEX_TASK, settings.queue.index_check_seconds),
            (DECIDE_MODE_TASK, settings.fallback.decide_seconds),
        )
    }
