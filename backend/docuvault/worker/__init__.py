"""The queue door: Celery tasks over one event loop per process."""
