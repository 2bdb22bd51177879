"""Positions in a changed text, told in the text as it was."""

from bisect import bisect_right


class Positions:
    """A map that is filled from left to right; without entries nothing was changed."""

    def __init__(self) -> None:
        self._starts = [0]
        self._offsets = [0]

    def shift(self, position: int, offset: int) -> None:
        """From `position` in the changed text on, the original position is `offset` further."""
        self._starts.append(position)
        self._offsets.append(offset)

    def original(self, position: int) -> int:
        """Where the character at `position` in the changed text came from."""
        return position + self._offsets[bisect_right(self._starts, position) - 1]
