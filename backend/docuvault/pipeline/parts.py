"""What the stages work with, handed over as one value."""

from dataclasses import dataclass

from docuvault.ai.base import Classifier, Embedder
from docuvault.config.settings import AISettings
from docuvault.db.fulltext.base import FullText
from docuvault.db.session import Database
from docuvault.extraction.sandbox import Sandbox
from docuvault.fallback.manager import FallbackManager
from docuvault.object_storage.base import StorageBackend
from docuvault.pipeline.answers import ProviderAnswers
from docuvault.search.chunking import Chunker
from docuvault.search.indexer import SearchIndexer


@dataclass(frozen=True, slots=True)
class PipelineParts:
    """Collaborators of the stages; made once per process by `bootstrap`."""

    database: Database
    fulltext: FullText
    storage: StorageBackend
    sandbox: Sandbox
    chunker: Chunker
    embedder: Embedder
    answers: ProviderAnswers
    local_classifier: Classifier
    fallback: FallbackManager
    indexer: SearchIndexer
    ai: AISettings
