"""The bare pieces of the server: what it cannot do without, imported, and one route.

python -m tests.bench.bare_start PORT
"""

import sys

import aiosqlite
import fastapi
import httptools
import numpy
import pydantic_settings
import pysqlite3
import qdrant_edge
import sqlalchemy.ext.asyncio
import sqlalchemy.orm
import structlog
import uvicorn
import uvloop

# What the product needs at its start and what this one route does not.
PIECES = (
    aiosqlite,
    httptools,
    numpy,
    pydantic_settings,
    pysqlite3,
    qdrant_edge,
    sqlalchemy.ext.asyncio,
    sqlalchemy.orm,
    structlog,
    uvloop,
)

app = fastapi.FastAPI(openapi_url=None)


@app.get("/health/live")
async def live() -> dict[str, str]:
    """The one route."""
    return {"status": "live"}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error")
