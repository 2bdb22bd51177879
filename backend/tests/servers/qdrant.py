"""A Qdrant server for tests: the REST calls that our driver sends, over qdrant-client's own engine.

    python -m tests.servers.qdrant --path FOLDER --port PORT [--host HOST] [--api-key KEY]

It keeps what it is given in the folder, needs no root and no container, and is not made for load:
one request at a time, every search compares all points.
"""

import argparse
import asyncio
import json
import os
import sys
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from secrets import compare_digest
from typing import Any

import uvicorn
from pydantic import BaseModel, TypeAdapter, ValidationError
from qdrant_client import QdrantClient, models
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.servers.process import ServerProcess, free_port

VERSION = "1.20.0"
_OPEN_PATHS = {"/", "/healthz", "/livez", "/readyz"}
_POINTS: TypeAdapter[list[models.PointStruct]] = TypeAdapter(list[models.PointStruct])
_SELECTOR: TypeAdapter[Any] = TypeAdapter(models.PointsSelector)
_SCHEMA: TypeAdapter[Any] = TypeAdapter(models.PayloadFieldSchema)


class ApiKey:
    """Refuses what does not carry the key: 401 without one, 403 with a wrong one."""

    def __init__(self, app: ASGIApp, key: str | None) -> None:
        self._app = app
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._key and scope["path"] not in _OPEN_PATHS:
            sent = dict(scope["headers"]).get(b"api-key")
            if sent is None or not compare_digest(sent, self._key.encode()):
                status = 401 if sent is None else 403
                await PlainTextResponse("Invalid API key", status)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class Engine:
    """The REST calls as methods; they run one after another, for the engine knows no threads."""

    def __init__(self, path: Path) -> None:
        self._client = QdrantClient(path=str(path), force_disable_check_same_thread=True)
        self._schemas_file = path / "payload_schemas.json"
        self._schemas: dict[str, dict[str, Any]] = {}
        if self._schemas_file.exists():
            self._schemas = json.loads(self._schemas_file.read_text())

    def close(self) -> None:
        self._client.close()

    def list_collections(self, _name: str, _body: Any) -> Any:
        return self._client.get_collections()

    def exists(self, name: str, _body: Any) -> Any:
        return {"exists": self._client.collection_exists(name)}

    def get(self, name: str, _body: Any) -> Any:
        info = self._client.get_collection(name).model_dump(mode="json", exclude_none=True)
        info["payload_schema"] = {
            field: {"data_type": schema["type"], "params": schema, "points": 0}
            for field, schema in self._schemas.get(name, {}).items()
        }
        return info

    def create(self, name: str, body: Any) -> Any:
        wanted = models.CreateCollection.model_validate(body)
        return self._client.create_collection(
            name,
            vectors_config=wanted.vectors,
            sparse_vectors_config=wanted.sparse_vectors,
            metadata=wanted.metadata,
        )

    def update(self, name: str, body: Any) -> Any:
        wanted = models.UpdateCollection.model_validate(body)
        return self._client.update_collection(name, metadata=wanted.metadata)

    def delete_collection(self, name: str, _body: Any) -> Any:
        self._client.get_collection(name)
        self._save_schemas({k: v for k, v in self._schemas.items() if k != name})
        return self._client.delete_collection(name)

    def create_index(self, name: str, body: Any) -> Any:
        wanted = models.CreateFieldIndex.model_validate(body)
        schema = _SCHEMA.dump_python(wanted.field_schema, mode="json", exclude_none=True)
        fields = {wanted.field_name: schema if isinstance(schema, dict) else {"type": schema}}
        done = self._client.create_payload_index(name, wanted.field_name, wanted.field_schema)
        self._save_schemas({**self._schemas, name: {**self._schemas.get(name, {}), **fields}})
        return done

    def upsert(self, name: str, body: Any) -> Any:
        mode = body.get("update_mode")
        points = _POINTS.validate_python(body["points"])
        return self._client.upsert(
            name, points, update_mode=models.UpdateMode(mode) if mode else None
        )

    def delete(self, name: str, body: Any) -> Any:
        return self._client.delete(name, _SELECTOR.validate_python(body))

    def set_payload(self, name: str, body: Any) -> Any:
        wanted = models.SetPayload.model_validate(body)
        which: Any = wanted.points
        if which is None and wanted.filter is not None:
            which = models.FilterSelector(filter=wanted.filter)
        return self._client.set_payload(name, wanted.payload, which, key=wanted.key)

    def retrieve(self, name: str, body: Any) -> Any:
        wanted = models.PointRequest.model_validate(body)
        return self._client.retrieve(
            name,
            wanted.ids,
            with_payload=True if wanted.with_payload is None else wanted.with_payload,
            with_vectors=wanted.with_vector or False,
        )

    def scroll(self, name: str, body: Any) -> Any:
        wanted = models.ScrollRequest.model_validate(body)
        points, offset = self._client.scroll(
            name,
            scroll_filter=wanted.filter,
            limit=wanted.limit or 10,
            order_by=wanted.order_by,
            offset=wanted.offset,
            with_payload=True if wanted.with_payload is None else wanted.with_payload,
            with_vectors=wanted.with_vector or False,
        )
        return {"points": [_plain(point) for point in points], "next_page_offset": offset}

    def count(self, name: str, body: Any) -> Any:
        return self._client.count(name, models.CountRequest.model_validate(body).filter)

    def query(self, name: str, body: Any) -> Any:
        return self.query_batch(name, {"searches": [body]})[0]

    def query_batch(self, name: str, body: Any) -> Any:
        wanted = models.QueryRequestBatch.model_validate(body)
        return self._client.query_batch_points(name, wanted.searches)

    def _save_schemas(self, schemas: dict[str, dict[str, Any]]) -> None:
        draft = self._schemas_file.with_suffix(".new")
        draft.write_text(json.dumps(schemas))
        draft.replace(self._schemas_file)
        self._schemas = schemas


def create_app(path: Path, api_key: str | None) -> Starlette:
    """The server as an ASGI application over the folder."""
    engine = Engine(path)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> Any:
        yield
        engine.close()

    def route(url: str, method: str, call: Callable[[str, Any], Any]) -> Route:
        async def answer(request: Request) -> JSONResponse:
            begun = time.perf_counter()
            try:
                body = json.loads(await request.body() or b"null")
                # Called in the event loop on purpose: nothing can run beside it.
                result = _plain(call(request.path_params.get("name", ""), body))
            except (ValidationError, KeyError, TypeError, json.JSONDecodeError) as error:
                return _refusal(400, str(error))
            except ValueError as error:
                told = str(error)
                missing = "not found" in told
                return _refusal(404 if missing else 409 if "already exists" in told else 400, told)
            took = time.perf_counter() - begun
            return JSONResponse({"result": result, "status": "ok", "time": took})

        return Route(url, answer, methods=[method])

    async def root(_: Request) -> JSONResponse:
        return JSONResponse({"title": "qdrant - vector search engine", "version": VERSION})

    async def health(_: Request) -> PlainTextResponse:
        return PlainTextResponse("healthz check passed")

    one = "/collections/{name}"
    return Starlette(
        routes=[
            Route("/", root),
            *(Route(url, health) for url in sorted(_OPEN_PATHS - {"/"})),
            route("/collections", "GET", engine.list_collections),
            route(one, "GET", engine.get),
            route(one, "PUT", engine.create),
            route(one, "PATCH", engine.update),
            route(one, "DELETE", engine.delete_collection),
            route(f"{one}/exists", "GET", engine.exists),
            route(f"{one}/index", "PUT", engine.create_index),
            route(f"{one}/points", "PUT", engine.upsert),
            route(f"{one}/points", "POST", engine.retrieve),
            route(f"{one}/points/delete", "POST", engine.delete),
            route(f"{one}/points/payload", "POST", engine.set_payload),
            route(f"{one}/points/scroll", "POST", engine.scroll),
            route(f"{one}/points/count", "POST", engine.count),
            route(f"{one}/points/query", "POST", engine.query),
            route(f"{one}/points/query/batch", "POST", engine.query_batch),
        ],
        middleware=[Middleware(ApiKey, key=api_key)],
        lifespan=lifespan,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _refusal(status: int, message: str) -> JSONResponse:
    return JSONResponse({"status": {"error": message}, "time": 0.0}, status)


class QdrantServer(ServerProcess):
    """The server as a child process; address, key and folder stay the same over restarts."""

    def __init__(self, path: Path, *, api_key: str | None = None, port: int | None = None) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.api_key = api_key
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        argv = [sys.executable, "-m", "tests.servers.qdrant"]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
        super().__init__(
            [*argv, "--path", str(path / "data"), "--port", str(self.port)],
            log=path / "server.log",
            is_ready=self._answers,
            env={**environment, "QDRANT_API_KEY": api_key or ""},
        )

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


@contextmanager
def qdrant_server(
    path: Path, *, api_key: str | None = None, port: int | None = None
) -> Iterator[QdrantServer]:
    """A running server on a free local port, stopped at the end."""
    server = QdrantServer(path, api_key=api_key, port=port)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="tests.servers.qdrant", description=__doc__)
    parser.add_argument("--path", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=6333)
    parser.add_argument("--api-key", default=os.environ.get("QDRANT_API_KEY") or None)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # the engine warns of everything that a server would do better
    app = create_app(options.path, options.api_key)
    config = uvicorn.Config(app, host=options.host, port=options.port, log_level="warning")
    asyncio.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
