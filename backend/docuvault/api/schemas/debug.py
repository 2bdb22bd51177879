"""Bodies that the debug pages share."""

from datetime import datetime

from docuvault.api.schemas.base import ResponseBody


class DependencyOut(ResponseBody):
    """What a route got that asked for `dependency`; `server` is null where it got none."""

    dependency: str
    server: str | None
    at: datetime
