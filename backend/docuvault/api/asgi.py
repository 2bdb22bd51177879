"""For the command line of an ASGI server: `uvicorn --factory docuvault.api.asgi:create`."""

from fastapi import FastAPI

from docuvault.api.app import create_app
from docuvault.config.loader import load_settings
from docuvault.observability.logs import configure_logs


def create() -> FastAPI:
    """The application with the settings of the environment."""
    settings = load_settings()
    configure_logs(settings.log)
    return create_app(settings)
