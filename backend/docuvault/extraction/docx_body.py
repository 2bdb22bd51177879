"""Turning one WordprocessingML part into text with its line breaks, tabs and tables."""

from typing import Any

from docuvault.extraction.xml_parser import attribute, local_name

# Properties, removed text and field instructions say nothing to a reader.
_SILENT = frozenset(
    {
        "pPr",
        "rPr",
        "tblPr",
        "tblGrid",
        "trPr",
        "tcPr",
        "sectPr",
        "sdtPr",
        "del",
        "moveFrom",
        "delText",
        "instrText",
        "fldData",
        "Fallback",
        "softHyphen",
    }
)
_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_SEPARATORS = frozenset({"separator", "continuationSeparator", "continuationNotice"})


def text_of(element: Any) -> str:
    """The text of an element, one line per paragraph, table cells parted by tabs."""
    out: list[str] = []
    _walk(element, out)
    return "".join(out)


def _walk(element: Any, out: list[str]) -> None:
    for child in element:
        name = local_name(child)
        if name == "t":
            out.append(child.text or "")
        elif name in _CHARACTERS:
            out.append(_CHARACTERS[name])
        elif name == "p":
            _walk(child, out)
            out.append("\n")
        elif name == "tbl":
            _table(child, out)
        elif name == "txbxContent":
            # A text box is anchored in the middle of a paragraph that it is not part of.
            out.append("\n")
            _walk(child, out)
        elif name == "AlternateContent":
            _alternatives(child, out)
        elif name in ("footnote", "endnote") and attribute(child, "type") in _SEPARATORS:
            continue
        elif name and name not in _SILENT:
            _walk(child, out)


def _table(table: Any, out: list[str]) -> None:
    rows: list[Any] = []
    _collect(table, "tr", rows)
    for row in rows:
        cells: list[Any] = []
        _collect(row, "tc", cells)
        out.append("\t".join(text_of(cell).strip("\n") for cell in cells).rstrip("\t"))
        out.append("\n")


def _collect(element: Any, wanted: str, found: list[Any]) -> None:
    """Rows or cells, also those inside content controls and tracked changes."""
    for child in element:
        name = local_name(child)
        if name == wanted:
            found.append(child)
        elif name and name not in _SILENT:
            _collect(child, wanted, found)


def _alternatives(element: Any, out: list[str]) -> None:
    """One of several renderings of the same content: the first choice, or else the fallback."""
    for child in element:
        if local_name(child) == "Choice":
            _walk(child, out)
            return
    for child in element:
        _walk(child, out)
