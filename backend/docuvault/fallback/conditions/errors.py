"""The one error of the condition language, with the place where it lies."""

from docuvault.domain.errors import ErrorCode, InvalidInput

# Characters shown on either side of the fault.
_AROUND = 40


class ConditionError(InvalidInput):
    """A text is no condition. `position` counts Unicode code points from 0."""

    def __init__(self, message: str, text: str, position: int) -> None:
        super().__init__(ErrorCode.BAD_CONDITION, f"{message} (at character {position + 1})")
        self.message = message
        self.text = text
        self.position = position

    def pointer(self) -> str:
        """Two lines for people: the text around the fault, and a caret under it."""
        begin = max(0, self.position - _AROUND)
        shown = self.text[begin : self.position + _AROUND]
        # One sign each, so that the caret stays below its place.
        line = "".join(sign if sign.isprintable() else " " for sign in shown)
        return f"{line}\n{' ' * (self.position - begin)}^"
