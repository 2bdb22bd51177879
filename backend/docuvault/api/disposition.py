"""The Content-Disposition header (RFC 6266) for names that people made up."""

from urllib.parse import quote


def content_disposition(name: str, *, inline: bool) -> str:
    """An ASCII name for old clients and the true one (RFC 5987) for all others."""
    plain = "".join(
        c if c.isascii() and c.isprintable() and c not in '"\\;%' else "_" for c in name
    )
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
