"""The tables, one module each; importing this package registers them all."""

from docuvault.db.models.ai_choice import AIChoice
from docuvault.db.models.audit_entry import AuditEntry
from docuvault.db.models.canary import Canary
from docuvault.db.models.chunk import Chunk
from docuvault.db.models.counter import Counter
from docuvault.db.models.document import Document
from docuvault.db.models.document_topic import DocumentTopic
from docuvault.db.models.installation import Installation
from docuvault.db.models.page import Page
from docuvault.db.models.routing_rule import RoutingRule
from docuvault.db.models.stage_record import StageRecord
from docuvault.db.models.topic import Topic
from docuvault.db.models.upload_intent import UploadIntent
from docuvault.db.models.user import User

__all__ = [
    "AIChoice",
    "AuditEntry",
    "Canary",
    "Chunk",
    "Counter",
    "Document",
    "DocumentTopic",
    "Installation",
    "Page",
    "RoutingRule",
    "StageRecord",
    "Topic",
    "UploadIntent",
    "User",
]
