"""What beat sends, and how often."""

from celery import Celery

from docuvault.config.settings import QueueSettings
from docuvault.queue.names import SWEEP_TASK


def schedule_sweeps(app: Celery, settings: QueueSettings) -> None:
    """A sweep per interval; one that nobody took in time is dropped, the next one does its work."""
    app.conf.beat_schedule = {
        "sweep": {
            "task": SWEEP_TASK,
            "schedule": settings.sweep_seconds,
            "options": {"expires": settings.sweep_seconds * 2},
        }
    }
