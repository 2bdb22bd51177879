"""The bare list: keyset queries by the plain driver and Rust's JSON behind one Starlette route.

    python -m tests.bench.bare_listing PORT (SQLITE_FILE | POSTGRESQL_URL)

The answer has the fields that the product's has. `after` is the number of the last document seen.
"""

import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pysqlite3
from psycopg_pool import AsyncConnectionPool
from pydantic_core import to_json
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.bare_server import serve

_DOCUMENT = (
    "id, number, title, original_name, media_type, size_bytes, sha256, status, page_count,"
    " character_count, created_at, updated_at"
)
_STAGE = "document_id, stage, state, attempts, next_run_at, started_at, finished_at"
_TOPIC = "document_id, topics.id, number, name, color, source, confidence, evidence"
_PAGE = (
    f"SELECT {_DOCUMENT} FROM documents WHERE owner_id = {{0}} AND deleted_at IS NULL"
    " AND (created_at, id) < ({0}, {0}) ORDER BY created_at DESC, id DESC LIMIT 25"
)
_STAGES = f"SELECT {_STAGE} FROM stage_records WHERE document_id {{}} ORDER BY position"
_TOPICS = (
    f"SELECT {_TOPIC} FROM document_topics JOIN topics ON topics.id = topic_id"
    " WHERE NOT rejected AND document_id {}"
)
_OWNER = "SELECT id FROM users WHERE name = 'owner'"
_PLACE = "SELECT created_at, id FROM documents WHERE number = {}"

Rows = Sequence[Sequence[Any]]
Ask = Callable[[str, Sequence[Any]], Awaitable[Rows]]


def body_of(documents: Rows, stages: Rows, topics: Rows) -> bytes:
    """The page as JSON."""
    stages_of: dict[Any, list[Any]] = defaultdict(list)
    for stage in stages:
        stages_of[stage[0]].append(dict(zip(_STAGE.split(", ")[1:], stage[1:], strict=True)))
    topics_of: dict[Any, list[Any]] = defaultdict(list)
    for topic in topics:
        topics_of[topic[0]].append(dict(zip(_TOPIC.split(", ")[1:], topic[1:], strict=True)))
    names = _DOCUMENT.split(", ")
    return to_json(
        {
            "items": [
                {
                    **dict(zip(names, document, strict=True)),
                    "stages": stages_of[document[0]],
                    "topics": topics_of[document[0]],
                }
                for document in documents
            ]
        }
    )


async def page(ask: Ask, owner: Any, place: Sequence[Any], sqlite: bool) -> bytes:
    """One page after the place."""
    documents = await ask(_PAGE.format("?" if sqlite else "%s"), [owner, *place])
    ids = [document[0] for document in documents]
    if sqlite:
        among = f"IN ({', '.join('?' * len(ids))})"
        given: list[Any] = ids
    else:
        among, given = "= ANY(%s)", [ids]
    stages = await ask(_STAGES.format(among), given)
    topics = await ask(_TOPICS.format(among), given)
    return body_of(documents, stages, topics)


def main(port: int, database: str) -> None:
    """Serve until stopped."""
    sqlite = not database.startswith("postgresql")
    opened: dict[str, Any] = {}
    if sqlite:
        connection = pysqlite3.connect(database, isolation_level=None)

    async def ask_sqlite(statement: str, values: Sequence[Any]) -> Rows:
        return connection.execute(statement, values).fetchall()  # type: ignore[no-any-return]

    async def ask_postgres(statement: str, values: Sequence[Any]) -> Rows:
        async with opened["pool"].connection() as held:
            return await (await held.execute(statement, values)).fetchall()  # type: ignore[no-any-return]

    ask = ask_sqlite if sqlite else ask_postgres
    mark = "?" if sqlite else "%s"

    async def listing(request: Request) -> Response:
        if "owner" not in opened:
            opened["owner"] = (await ask(_OWNER, []))[0][0]
        after = request.query_params.get("after")
        place: Sequence[Any] = ("9999-01-01", "f" * 32)
        if after is not None:
            if after not in opened:
                opened[after] = (await ask(_PLACE.format(mark), [int(after)]))[0]
            place = opened[after]
        body = await page(ask, opened["owner"], place, sqlite)
        return Response(body, media_type="application/json")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        if sqlite:
            yield
            return
        plain = database.replace("postgresql+psycopg://", "postgresql://")
        async with AsyncConnectionPool(
            plain, min_size=10, max_size=10, kwargs={"autocommit": True}
        ) as pool:
            opened["pool"] = pool
            yield

    serve(Starlette(routes=[Route("/list", listing)], lifespan=lifespan), port)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
