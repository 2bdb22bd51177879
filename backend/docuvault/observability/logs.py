"""Structured logs: one line a fact, with the request, task and document it belongs to."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from docuvault.config.settings import LogSettings

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Passwords are not always encoded as they should be: everything up to the last @ goes.
_CREDENTIALS = re.compile(r"(\w+://)\S*@")


def configure_logs(settings: LogSettings) -> None:
    """Send our lines and those of all libraries to standard error in one form."""
    as_json = settings.format == "json" or (settings.format == "auto" and not sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        # Text before the filter: other renderers would show the variables of every frame.
        structlog.processors.format_exc_info,
        _printable,
        _without_credentials,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.level)
    for name in ("httpx", "httpx2", "httpcore", "urllib3", "alembic.runtime.plugins"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "celery"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True


def _without_credentials(
    _logger: Any, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """No line holds a name or password that stands in an address."""
    for key, value in event.items():
        if isinstance(value, str) and "://" in value:
            event[key] = _CREDENTIALS.sub(r"\1***@", value)
    return event


def _printable(
    _logger: Any, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Nothing that a request brings along reaches the terminal as a control sequence."""
    for key, value in event.items():
        if isinstance(value, str) and key not in {"event", "exception"}:
            event[key] = _CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", value)
    return event
