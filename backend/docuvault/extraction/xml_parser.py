"""The one way to parse XML out of untrusted files: no entities, no DTD, no network."""

from typing import Any

from lxml import etree

from docuvault.domain.errors import ErrorCode, ProcessingFailed


def parse_xml(data: bytes) -> Any:
    """The root element of the document; `corrupt_file` when malformed or when it brings a DTD."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ProcessingFailed(ErrorCode.CORRUPT_FILE) from error
    # Office formats forbid DTDs, and every attack with entities starts with one.
    if root.getroottree().docinfo.internalDTD is not None:
        raise ProcessingFailed(ErrorCode.CORRUPT_FILE)
    return root


def local_name(element: Any) -> str:
    """The tag without its namespace; empty for nodes that are not elements."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Any, name: str) -> str:
    """The value of an attribute, whatever its namespace; empty when absent."""
    for key, value in element.attrib.items():
        if key == name or key.endswith("}" + name):
            return str(value)
    return ""
