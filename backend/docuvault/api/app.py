"""Builds the HTTP application out of settings."""

from pathlib import Path

from fastapi import FastAPI

from docuvault.api.description import install_description
from docuvault.api.errors import install_error_handlers
from docuvault.api.lifespan import lifespan_of
from docuvault.api.measuring import RouteName
from docuvault.api.middleware import JsonBodyLimit, NoPagesBelowApi, RequestContext
from docuvault.api.origin import OriginGuard, trusted_hosts
from docuvault.api.retried_reads import RetriedReads
from docuvault.api.routers import (
    admin,
    ai,
    debug_qdrant,
    debug_redis,
    documents,
    events,
    files,
    health,
    info,
    metrics,
    modes,
    rules,
    search,
    status,
    topics,
    uploads,
    webhooks,
)
from docuvault.config.settings import Settings
from docuvault.version import VERSION

_ROUTERS = (
    uploads,
    documents,
    files,
    topics,
    rules,
    search,
    events,
    info,
    status,
    modes,
    webhooks,
    ai,
    health,
    admin,
    debug_redis,
    debug_qdrant,
    metrics,
)
MAX_JSON_BYTES = 1024 * 1024
# Where the build leaves the web UI, seen from the sources and from an installed package.
_WEB_DIRS = (
    Path(__file__).parents[3] / "frontend" / "dist",
    Path(__file__).parents[1] / "web",
)


def create_app(settings: Settings) -> FastAPI:
    """The application; its resources are opened by the lifespan, when the server starts."""
    app = FastAPI(
        title="DocuVault",
        version=VERSION,
        description="A self-hosted document vault.",
        lifespan=lifespan_of(settings),
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    for module in _ROUTERS:
        app.include_router(module.router)
    install_error_handlers(app)
    install_description(app)
    app.add_middleware(RouteName)
    app.add_middleware(JsonBodyLimit, max_bytes=MAX_JSON_BYTES)
    app.add_middleware(RetriedReads)
    app.add_middleware(NoPagesBelowApi)
    app.add_middleware(OriginGuard, hosts=trusted_hosts(settings.server))
    app.add_middleware(RequestContext)
    web = _web_dir(settings)
    if web is not None:
        app.frontend("/", directory=web)
    return app


def _web_dir(settings: Settings) -> Path | None:
    candidates = (settings.server.web_dir,) if settings.server.web_dir else _WEB_DIRS
    return next((folder for folder in candidates if (folder / "index.html").is_file()), None)
