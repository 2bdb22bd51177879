"""Bases of all bodies: strict about what comes in, plain about what goes out."""

from pydantic import AfterValidator, BaseModel, ConfigDict

from docuvault.domain.text import without_nul


def _keepable(text: str) -> str:
    if text != without_nul(text):
        raise ValueError("must not hold U+0000 or lone surrogates")
    return text


# For text: every database can hold it as it was sent.
Keepable = AfterValidator(_keepable)


class RequestBody(BaseModel):
    """A body that is sent to us: no unknown fields, no silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ResponseBody(BaseModel):
    """A body that we send."""

    model_config = ConfigDict(from_attributes=True)
