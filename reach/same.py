"""A capture as a key, for answers that are kept: one is equal to another that holds the very same registrations."""

from capture import Capture


class Same:
    """One capture. A veiled one in which nothing had to be hidden is the same."""

    def __init__(self, capture: Capture) -> None:
        self.capture = capture
        self._parts = (capture.preview, id(capture.invented), tuple(map(id, capture.registrations)))

    def __hash__(self) -> int:
        return hash(self._parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other._parts == self._parts
