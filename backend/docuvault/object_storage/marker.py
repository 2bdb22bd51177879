"""The mark of a storage: an object that says which vault it belongs to (docs/decisions/0021)."""

# No key of an original looks like this.
MARKER_KEY = "_docuvault/install-id"
MARKER_BYTES = 200


def marker_text(content: bytes) -> str:
    """What a mark says, also one that people wrote."""
    return content.decode("ascii", errors="replace").strip()
