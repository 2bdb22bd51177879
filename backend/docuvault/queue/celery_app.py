"""The Celery application: how messages travel; what the tasks do is the worker room's affair."""

from celery import Celery

from docuvault.config.settings import Settings
from docuvault.domain.errors import ConfigurationError
from docuvault.queue.broker import broker_of
from docuvault.queue.names import (
    CHECK_INDEX_TASK,
    DECIDE_MODE_TASK,
    DOCUMENTS_QUEUE,
    MAINTENANCE_QUEUE,
    SWEEP_TASK,
)


def create_celery_app(settings: Settings) -> Celery:
    """An application over the Redis of the settings; nothing is connected yet.

    Messages are hints about rows (docs/decisions/0005), so no results are kept, and late
    confirmation only shortens recovery.
    """
    if settings.redis.url is None:
        raise ConfigurationError("Celery workers need Redis: set REDIS_URL.")
    broker = broker_of(settings.redis)
    app = Celery("docuvault", broker=broker.url, set_as_current=False)
    app.conf.update(
        broker_transport=broker.transport,
        broker_use_ssl=broker.tls,
        task_default_queue=DOCUMENTS_QUEUE,
        task_routes={
            name: {"queue": MAINTENANCE_QUEUE}
            for name in (SWEEP_TASK, CHECK_INDEX_TASK, DECIDE_MODE_TASK)
        },
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_concurrency=settings.queue.concurrency,
        # Untrusted files are read elsewhere, so a child grows slowly; replacing it costs seconds.
        worker_max_tasks_per_child=5000,
        worker_max_memory_per_child=1_000_000,  # kB
        worker_hijack_root_logger=False,
        # The work belongs to the row: a lost broker is no reason to kill who does it.
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        # None: for as long as it takes. A full or mistaken Redis counts as an absent one; left to
        # itself, the worker would end.
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,
        broker_transport_options={
            "visibility_timeout": settings.queue.visibility_timeout,
            "socket_keepalive": True,
            "health_check_interval": 15,
            "global_keyprefix": "docuvault:",
            **broker.options,
        },
        task_time_limit=settings.queue.stage_seconds + 60,
        enable_utc=True,
        timezone="UTC",
    )
    return app
