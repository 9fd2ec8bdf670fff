"""Where labels stand: on their own arrow, clear of boxes, titles and each other."""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence

from preview.picture.geometry import Area, Point

STEPS = 24
"""Points of a curve that are looked at: some pixels apart in a drawing of this size."""

GAP = 3.0
"""Pixels between a label and anything else."""


def along(points: Sequence[Point]) -> Iterator[Point]:
    """Points on a line of Bézier curves, which has a first point and three more for each curve."""
    for start in range(0, len(points) - 1, 3):
        curve = points[start : start + 4]
        for step in range(STEPS + 1):
            yield _on(curve, step / STEPS)


def stand(curves: Sequence[Sequence[Point]], sizes: Sequence[Point], taken: Iterable[Area]) -> tuple[Area, ...]:
    """An area for each label, near the middle of its arrow; those with the least choice are placed first."""
    obstacles = list(taken)
    free = {
        number: [area for area in _candidates(curve, size) if not _hits(area, obstacles)]
        for number, (curve, size) in enumerate(zip(curves, sizes, strict=True))
    }
    placed: dict[int, Area] = {}
    for number in sorted(free, key=lambda number: (len(free[number]), number)):
        others = list(placed.values())
        choice = free[number] or list(_candidates(curves[number], sizes[number]))
        placed[number] = min(choice, key=lambda area: sum(map(area.common, others)))
    return tuple(placed[number] for number in range(len(curves)))


def _candidates(curve: Sequence[Point], size: Point) -> Iterator[Area]:
    """Places along a curve, from its middle to its ends."""
    points = list(along(curve))
    lengths = [0.0, *itertools.accumulate(math.dist(one, other) for one, other in itertools.pairwise(points))]
    middle = lengths[-1] / 2
    width, height = size
    for _, (x, y) in sorted(zip(lengths, points, strict=True), key=lambda pair: abs(pair[0] - middle)):
        yield Area(x - width / 2, y - height / 2, width, height)


def _hits(area: Area, others: Iterable[Area]) -> bool:
    return any(area.grown(GAP).common(other) > 0 for other in others)


def _on(curve: Sequence[Point], part: float) -> Point:
    """De Casteljau's way to a point of a curve."""
    points: list[Point] = list(curve)
    while len(points) > 1:
        points = [
            (one[0] + (other[0] - one[0]) * part, one[1] + (other[1] - one[1]) * part)
            for one, other in itertools.pairwise(points)
        ]
    return points[0]
