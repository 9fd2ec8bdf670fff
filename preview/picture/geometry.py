"""Rectangles and points in pixels, from the upper left corner of a drawing."""

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Area:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    def common(self, other: "Area") -> float:
        """How much of it lies in another one, in square pixels."""
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return across * down if across > 0 and down > 0 else 0.0

    def grown(self, gap: float) -> "Area":
        """The rectangle with a margin around it."""
        return Area(self.x - gap, self.y - gap, self.width + 2 * gap, self.height + 2 * gap)

    def holds(self, point: Point) -> bool:
        """Whether a point lies inside."""
        return self.x < point[0] < self.x + self.width and self.y < point[1] < self.y + self.height
