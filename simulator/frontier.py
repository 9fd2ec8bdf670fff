"""The frontier of wait and cost as SVG. Shape and stroke say what colour says, so that none is needed."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from simulator.outcome import Figures

WIDTH, HEIGHT = 760.0, 460.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 24.0, 56.0, 52.0
SHORTEST = 1.0
"""Seconds at the foot of the logarithmic axis; a shorter wait is nothing beside a tick."""

LETTER, LINE = 6.6, 14.0
"""About the width of a letter, and the height of a line."""

STYLE = (
    "text{font:12px sans-serif;fill:#222;paint-order:stroke;stroke:#fff;stroke-width:3px}"
    ".title{font-weight:bold;font-size:14px}.grid{stroke:#ddd}"
    ".p50{stroke:#0b5fa5;fill:none;stroke-width:2}.p95{stroke:#b5521b;fill:none;stroke-width:2;stroke-dasharray:6 4}"
    ".dot50{fill:none;stroke:#0b5fa5;stroke-opacity:.45}.dot95{fill:none;stroke:#b5521b;stroke-opacity:.45}"
    ".mark{fill:#222}.paper{fill:#fff}"
)


@dataclass(frozen=True)
class Point:
    """A policy in the picture."""

    cost: float
    """VM hours per job hour."""
    p50: float
    p95: float


@dataclass(frozen=True)
class Named:
    """A policy that is told by its name."""

    name: str
    point: Point


def point_of(told: Figures) -> Point:
    """Where a policy lies."""
    return Point(told.vm_hours_per_job_hour, told.p50, told.p95)


def frontier(pairs: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of pairs of cost and wait, those than which no other is both cheaper and quicker, the cheapest first."""
    best: list[tuple[float, float]] = []
    for cost, wait in sorted(pairs):
        if not best or wait < best[-1][1]:
            best.append((cost, wait))
    return best


def picture(title: str, tried: Sequence[Point], named: Sequence[Named]) -> str:
    """The text of the file."""
    # Where no job ended there is no cost of a job hour.
    tried = [point for point in tried if math.isfinite(point.cost)]
    named = [entry for entry in named if math.isfinite(entry.point.cost)]
    everything = [*tried, *(entry.point for entry in named)] or [Point(0.0, 0.0, 0.0)]
    scale = _Scale(
        cheapest=min(point.cost for point in everything),
        dearest=max(point.cost for point in everything),
        longest=max(max(point.p95, point.p50) for point in everything),
    )
    size = {"width": f"{WIDTH:g}", "height": f"{HEIGHT:g}", "viewBox": f"0 0 {WIDTH:g} {HEIGHT:g}"}
    root = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", **size})
    ElementTree.SubElement(root, "title").text = title
    ElementTree.SubElement(root, "style").text = STYLE
    ElementTree.SubElement(root, "rect", {"width": "100%", "height": "100%", "class": "paper"})
    _text(root, LEFT, 22, title, kind="title")
    _axes(root, scale)
    for point in tried:
        _circle(root, scale.at(point.cost, point.p50), "dot50")
        _square(root, scale.at(point.cost, point.p95), "dot95")
    _line(root, [scale.at(*pair) for pair in frontier((point.cost, point.p50) for point in everything)], "p50")
    _line(root, [scale.at(*pair) for pair in frontier((point.cost, point.p95) for point in everything)], "p95")
    _marks(root, scale, named)
    _legend(root)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


@dataclass(frozen=True)
class _Scale:
    cheapest: float
    dearest: float
    longest: float

    @property
    def bounds(self) -> tuple[float, float]:
        room = max(0.05, (self.dearest - self.cheapest) * 0.05)
        return max(0.0, self.cheapest - room), self.dearest + room

    @property
    def top(self) -> float:
        return max(10.0, self.longest * 1.4)

    def at(self, cost: float, wait: float) -> tuple[float, float]:
        low, high = self.bounds
        across = (cost - low) / (high - low)
        up = math.log(max(wait, SHORTEST) / SHORTEST) / math.log(self.top / SHORTEST)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)


def _axes(root: ElementTree.Element, scale: _Scale) -> None:
    low, high = scale.bounds
    step = next(step for step in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 50, math.inf) if (high - low) / step <= 10)
    cost = math.ceil(low / step) * step
    while cost <= high:
        x, _ = scale.at(cost, SHORTEST)
        _rule(root, (x, TOP), (x, HEIGHT - BOTTOM))
        _text(root, x, HEIGHT - BOTTOM + 18, f"{cost:.2f}", anchor="middle")
        cost += step
    for wait in (1, 2, 5, 10, 20, 60, 120, 300, 600, 1800, 3600):
        if wait <= scale.top:
            _, y = scale.at(low, wait)
            _rule(root, (LEFT, y), (WIDTH - RIGHT, y))
            _text(root, LEFT - 8, y + 4, f"{wait} s", anchor="end")
    _text(root, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, "VM hours per job hour", anchor="middle")


def _marks(root: ElementTree.Element, scale: _Scale, named: Sequence[Named]) -> None:
    """A diamond at the median and one at the 95th percentile of each, and its name beside the median."""
    written: list[tuple[float, float, float]] = []
    for entry in named:
        for wait in (entry.point.p50, entry.point.p95):
            x, y = scale.at(entry.point.cost, wait)
            ElementTree.SubElement(root, "path", {"d": f"M{x:.1f} {y - 5:.1f}l5 5-5 5-5-5z", "class": "mark"})
        x, y = scale.at(entry.point.cost, entry.point.p50)
        width = LETTER * len(entry.name)
        left = x - 9 - width if x + 9 + width > WIDTH - RIGHT else x + 9
        line = y - 7
        while any(abs(line - other) < LINE and left < end and begin < left + width for begin, end, other in written):
            line -= LINE
        written.append((left, left + width, line))
        _text(root, left, line, entry.name)


def _legend(root: ElementTree.Element) -> None:
    for offset, kind, words in ((0.0, "p50", "p50, frontier and tried"), (210.0, "p95", "p95, frontier and tried")):
        _line(root, [(LEFT + offset, 40.0), (LEFT + offset + 34, 40.0)], kind)
        _text(root, LEFT + offset + 42, 44, words)
    ElementTree.SubElement(root, "path", {"d": f"M{LEFT + 425:.1f} 35l5 5-5 5-5-5z", "class": "mark"})
    _text(root, LEFT + 436, 44, "named policy, both")


def _line(root: ElementTree.Element, points: Sequence[tuple[float, float]], kind: str) -> None:
    """Steps: between two policies that were tried, the dearer one's wait is not there yet."""
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    path += "".join(f"H{x:.1f}V{y:.1f}" for x, y in points[1:])
    ElementTree.SubElement(root, "path", {"d": path, "class": kind})


def _circle(root: ElementTree.Element, at: tuple[float, float], kind: str) -> None:
    ElementTree.SubElement(root, "circle", {"cx": f"{at[0]:.1f}", "cy": f"{at[1]:.1f}", "r": "2.5", "class": kind})


def _square(root: ElementTree.Element, at: tuple[float, float], kind: str) -> None:
    place = {"x": f"{at[0] - 2:.1f}", "y": f"{at[1] - 2:.1f}", "width": "4", "height": "4"}
    ElementTree.SubElement(root, "rect", {**place, "class": kind})


def _rule(root: ElementTree.Element, begin: tuple[float, float], end: tuple[float, float]) -> None:
    places = {"x1": f"{begin[0]:.1f}", "y1": f"{begin[1]:.1f}", "x2": f"{end[0]:.1f}", "y2": f"{end[1]:.1f}"}
    ElementTree.SubElement(root, "line", {**places, "class": "grid"})


def _text(
    root: ElementTree.Element, x: float, y: float, words: str, *, anchor: str = "start", kind: str = "words"
) -> None:
    values = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor, "class": kind}
    ElementTree.SubElement(root, "text", values).text = words
