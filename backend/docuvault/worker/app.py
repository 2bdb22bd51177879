"""The Celery application of worker and beat: `celery --app docuvault.worker.app:app worker`."""

from typing import Any

from celery.signals import worker_init, worker_process_shutdown, worker_shutdown

from docuvault.bootstrap.drivers import import_drivers
from docuvault.config.settings import Settings
from docuvault.queue.celery_app import create_celery_app
from docuvault.worker.broker_watch import BrokerWatch
from docuvault.worker.runtime import WorkerRuntime, worker_settings
from docuvault.worker.schedule import schedule_maintenance
from docuvault.worker.tasks import register_tasks

settings: Settings = worker_settings()
runtime = WorkerRuntime(settings)
watch = BrokerWatch(settings)
app = create_celery_app(settings)
register_tasks(app, runtime)
schedule_maintenance(app, settings)


def _close(**_: Any) -> None:
    runtime.close()


def _prepare(**_: Any) -> None:
    # Before the fork: children share these pages, and those that take their place start at once.
    import_drivers(settings)
    watch.start()


def _end_watch(**_: Any) -> None:
    watch.close()


worker_init.connect(_prepare, weak=False)
worker_shutdown.connect(_end_watch, weak=False)
worker_process_shutdown.connect(_close, weak=False)
