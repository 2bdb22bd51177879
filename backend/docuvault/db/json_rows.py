"""Whole trees as one JSON text, made by the database: one row to fetch in place of hundreds.

Both databases give the same text but for the spelling of ids, moments in UTC with a `Z`.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, Text, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from docuvault.db.types import UtcDateTime


class JsonRow(FunctionElement[str]):
    """An object with these columns under these names."""

    type = Text()
    inherit_cache = True

    def __init__(self, **columns: ColumnElement[Any]) -> None:
        # Names are ours, so they may stand in the statement.
        parts: list[ColumnElement[Any]] = []
        for name, column in columns.items():
            parts += literal_column(f"'{name}'"), _plain(column)
        super().__init__(*parts)


class JsonRows(FunctionElement[str]):
    """A list of what the item is in every row, in this order; an empty list without rows."""

    type = Text()
    inherit_cache = True

    def __init__(self, item: JsonRow, *order: ColumnElement[Any]) -> None:
        super().__init__(item, *order)


class JsonInside(FunctionElement[str]):
    """A select of one list, as a value inside of an object."""

    type = Text()
    inherit_cache = True

    def __init__(self, rows: Select[str]) -> None:
        super().__init__(rows.scalar_subquery())


class _UtcText(FunctionElement[str]):
    type = Text()
    inherit_cache = True


def _plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return _UtcText(column) if isinstance(column.type, UtcDateTime) else column


def _parts(element: FunctionElement[str], compiler: SQLCompiler, **kw: Any) -> list[str]:
    return [compiler.process(part, **kw) for part in element.clauses]


@compiles(JsonRow, "sqlite")
def _row_sqlite(element: JsonRow, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_object({', '.join(_parts(element, compiler, **kw))})"


@compiles(JsonRow, "postgresql")
def _row_postgresql(element: JsonRow, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_build_object({', '.join(_parts(element, compiler, **kw))})"


@compiles(JsonRows, "sqlite")
def _rows_sqlite(element: JsonRows, compiler: SQLCompiler, **kw: Any) -> str:
    item, *order = _parts(element, compiler, **kw)
    return f"json_group_array({item} ORDER BY {', '.join(order)})"


@compiles(JsonRows, "postgresql")
def _rows_postgresql(element: JsonRows, compiler: SQLCompiler, **kw: Any) -> str:
    item, *order = _parts(element, compiler, **kw)
    return f"coalesce(json_agg({item} ORDER BY {', '.join(order)}), '[]')"


@compiles(JsonInside, "sqlite")
def _inside_sqlite(element: JsonInside, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json({', '.join(_parts(element, compiler, **kw))})"


@compiles(JsonInside, "postgresql")
def _inside_postgresql(element: JsonInside, compiler: SQLCompiler, **kw: Any) -> str:
    return ", ".join(_parts(element, compiler, **kw))


@compiles(_UtcText, "sqlite")
def _utc_sqlite(element: _UtcText, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({', '.join(_parts(element, compiler, **kw))} || 'Z')"


@compiles(_UtcText, "postgresql")
def _utc_postgresql(element: _UtcText, compiler: SQLCompiler, **kw: Any) -> str:
    moment = ", ".join(_parts(element, compiler, **kw))
    return f"""to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
