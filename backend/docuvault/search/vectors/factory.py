"""Picks the vector driver that the settings ask for."""

from typing import TYPE_CHECKING

from docuvault.config.settings import Settings
from docuvault.domain.errors import ConfigurationError
from docuvault.search.vectors.base import VectorIndex

if TYPE_CHECKING:
    from docuvault.clients.qdrant import QdrantService


def create_vector_index(
    settings: Settings, qdrant: "QdrantService | None", *, model_id: str, dimensions: int
) -> VectorIndex:
    """The server's index when there is a service, else the embedded one below the data folder.

    Nothing is opened: call `ensure`, and `close` in the end. Raises `ConfigurationError` when the
    settings name a server but no service is given.
    """
    if qdrant is not None:
        from docuvault.search.vectors.qdrant import QdrantVectorIndex

        return QdrantVectorIndex(
            qdrant,
            collection_prefix=settings.qdrant.collection,
            model_id=model_id,
            dimensions=dimensions,
        )
    if settings.qdrant.url is not None:
        raise ConfigurationError("A Qdrant server is configured but no client was made for it.")
    from docuvault.search.vectors.edge import EdgeVectorIndex

    return EdgeVectorIndex(
        settings.data_dir / "vectors",
        model_id=model_id,
        dimensions=dimensions,
        optimize_above=settings.qdrant.optimize_above,
    )
