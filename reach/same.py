"""A capture as a key, for answers that are kept: only the very same object is equal, since one holds dictionaries."""

from capture import Capture


class Same:
    """One capture."""

    def __init__(self, capture: Capture) -> None:
        self.capture = capture

    def __hash__(self) -> int:
        return id(self.capture)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.capture is self.capture
