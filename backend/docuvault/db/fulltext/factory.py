"""Picks the full-text engine that belongs to a database."""

from docuvault.db.fulltext.base import FullText
from docuvault.db.fulltext.postgres import PostgresFullText
from docuvault.db.fulltext.sqlite import SqliteFullText


def create_fulltext(dialect: str) -> FullText:
    """The engine for the named SQL dialect."""
    return SqliteFullText() if dialect == "sqlite" else PostgresFullText()
