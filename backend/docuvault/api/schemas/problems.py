"""Problem details (RFC 9457): the one shape of every error."""

from pydantic import Field

from docuvault.api.schemas.base import ResponseBody


class FieldProblem(ResponseBody):
    """One fault in one field."""

    field: str = Field(description="Dotted path, for instance `query.page`.")
    message: str
    position: int | None = Field(
        default=None,
        description="Where in a text the fault lies, in Unicode characters from 0.",
    )


class Problem(ResponseBody):
    """What went wrong, for programs (`code`) and for people (`detail`)."""

    type: str = Field(description="`about:blank`; the kind of problem is told by `code`.")
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable name of the problem.")
    errors: list[FieldProblem] = Field(default_factory=list)
    request_id: str = Field(description="Name of this request in the log.")
