"""Bases of all bodies: strict about what comes in, plain about what goes out."""

from pydantic import BaseModel, ConfigDict


class RequestBody(BaseModel):
    """A body that is sent to us: no unknown fields, no silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ResponseBody(BaseModel):
    """A body that we send."""

    model_config = ConfigDict(from_attributes=True)
