"""The bare search: model, shard, rows and JSON, each called directly behind one Starlette route.

    python -m tests.bench.bare_searching PORT MODEL_DIR SHARD SQLITE_FILE

Embeds the query, asks the shard once (both legs within the owner, fused by rank), and fetches the
text of the 20 best documents. No cache, no snippets, no threads.
"""

import sys
from pathlib import Path
from typing import cast
from uuid import UUID

import numpy as np
import onnxruntime
import pysqlite3
from pydantic_core import to_json
from qdrant_edge import (
    Bm25,
    Bm25Config,
    EdgeShard,
    FieldCondition,
    Filter,
    Fusion,
    MatchAny,
    Prefetch,
    Query,
    QueryRequest,
    SparseVector,
    TokenizerType,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tokenizers import Tokenizer

from tests.bench.bare_server import serve

_ROWS = (
    "SELECT d.id, d.number, d.title, d.original_name, d.media_type, d.size_bytes, d.created_at,"
    " c.page, c.start, c.end, p.text FROM chunks c CROSS JOIN documents d ON d.id = c.document_id"
    " CROSS JOIN pages p ON p.document_id = d.id AND p.number = c.page"
    f" WHERE d.owner_id = ? AND d.deleted_at IS NULL AND c.id IN ({', '.join('?' * 20)})"
)


def main(port: int, model_dir: Path, shard_dir: str, database: str) -> None:
    """Serve until stopped."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model = onnxruntime.InferenceSession(
        str(model_dir / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )
    tokenizer = Tokenizer.from_file(str(model_dir / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    words = Bm25(Bm25Config(avg_len=128, language="english", tokenizer=TokenizerType.Word))
    # The stubs do not know that this is a Fusion.
    fused = cast(Fusion, Fusion.Rrf(60))
    shard = EdgeShard.load(shard_dir)
    connection = pysqlite3.connect(database, isolation_level=None)
    owner = connection.execute("SELECT id FROM users WHERE name = 'owner'").fetchone()[0]
    owned = Filter(must=[FieldCondition("owner_id", match=MatchAny([str(UUID(owner))]))])

    async def search(request: Request) -> Response:
        query = request.query_params["q"]
        ids = tokenizer.encode(query).ids
        (rows,) = model.run(None, {"input_ids": np.array([ids], np.int64)})
        sparse = words.embed_query(query)
        legs = [
            Prefetch(limit=100, query=Query.Nearest(rows[0].tolist(), using="dense"), filter=owned),
            Prefetch(
                limit=100,
                query=Query.Nearest(SparseVector(sparse.indices, sparse.values), using="words"),
                filter=owned,
            ),
        ]
        found = shard.query(QueryRequest(prefetches=legs, query=fused, limit=20, with_payload=True))
        chunk_ids = [UUID(str(point.id)).hex for point in found]
        chunk_ids += [""] * (20 - len(chunk_ids))
        fetched = connection.execute(_ROWS, [owner, *chunk_ids]).fetchall()
        return Response(to_json({"hits": fetched}), media_type="application/json")

    serve(Starlette(routes=[Route("/search", search)]), port)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4])
