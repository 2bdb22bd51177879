"""Measures every request by its route, never by its path."""

from starlette.types import ASGIApp, Receive, Scope, Send

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ROUTE = "route_template"


class RouteName:
    """The innermost layer: leaves the route's template where outer layers find it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        try:
            await self._app(scope, receive, send)
        finally:
            path = getattr(scope.get("route"), "path", None)
            if path is not None:
                scope.setdefault("state", {})[_ROUTE] = path


def measure_request(scope: Scope, status: int, seconds: float) -> None:
    """Count an answered request; `seconds` until its answer began. Before the start: nothing."""
    resources = getattr(scope["app"].state, "resources", None)
    if resources is None:
        return
    tags = {
        "method": scope["method"] if scope["method"] in _METHODS else "other",
        "route": scope["state"].get(_ROUTE, "other"),
    }
    resources.metrics.emit_counter(
        "http_requests_total", tags={**tags, "status": f"{status // 100}xx"}
    )
    resources.metrics.emit_histogram("http_request_duration_seconds", seconds, tags)
