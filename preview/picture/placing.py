"""Where everything stands. Graphviz lays it out: it keeps arrows and their labels out of boxes."""

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from preview.picture.geometry import Area, Point
from preview.picture.graphviz import answer
from preview.picture.labels import stand
from preview.picture.model import Arrow, Box, Frame, Picture
from preview.picture.traffic import INTERNET

TITLE_LETTERS, LETTERS, LABEL_LETTERS = 24, 29, 12
"""Longest title and line of a box, and of a label; longer ones are wrapped."""

TITLE_LETTER, LETTER, LABEL_LETTER = 7.1, 6.1, 6.0
"""Widths of a letter in pixels, as wide as DejaVu Sans, which is wider than most."""

LINE, PADDING, LABEL_LINE = 14.0, 8.0, 12.0
COURIER, COURIER_LETTER, COURIER_LINE = 10, 6.0, 12.0
"""Size of a font whose letters are all alike, and what Graphviz takes for one of its letters and lines."""

FRAME_TITLE, FRAME_NOTE, MARGIN = 24.0, 12.0, 8.0
RANK_GAP, NODE_GAP = 2.0, 12.0
MOST_ORDERS = 12
"""How many orders of the frames are tried; two clouds with three projects have four."""

WIDTH, WIDTH_WEIGHT, LABEL_WEIGHT = 1256.0, 20.0, 10.0
"""Pixels that a drawing should not be wider than, and what one more, or one of a hidden label, weighs against a pixel
of an arrow."""

POINTS = 72.0
"""An inch of Graphviz; a point is a pixel here."""


@dataclass(frozen=True)
class PlacedBox:
    """A box with its wrapped text."""

    box: Box
    area: Area
    title: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class PlacedArrow:
    """An arrow as a line of Bézier curves: a first point, then three for each curve."""

    arrow: Arrow
    points: tuple[Point, ...]
    label: Area


@dataclass(frozen=True)
class PlacedFrame:
    """The frame of a cloud, or of a project or account in it."""

    frame: Frame
    area: Area


@dataclass(frozen=True)
class Placed:
    """A whole drawing."""

    width: float
    height: float
    boxes: tuple[PlacedBox, ...]
    arrows: tuple[PlacedArrow, ...]
    frames: tuple[PlacedFrame, ...]


def place(picture: Picture) -> Placed:
    """Lays a picture out from the left, where the internet is, to the right, where data lie."""
    texts = {box.key: (_wrapped((box.title,), TITLE_LETTERS), _wrapped(box.lines, LETTERS)) for box in picture.boxes}
    sizes = {box.key: _size(*texts[box.key], tiers=bool(box.trust)) for box in picture.boxes}
    ids = {box.key: f"b{number}" for number, box in enumerate(picture.boxes)}
    tried = (
        _placed(picture, arrows, texts, ids, answer(_source(picture, frames, arrows, ids, sizes)))
        for frames in itertools.islice(_frame_orders(picture), MOST_ORDERS)
        for arrows in (picture.arrows, picture.arrows[::-1])
    )
    return min(tried, key=_cost)


def _frame_orders(picture: Picture) -> Iterator[tuple[Frame, ...]]:
    """Every order of clouds, and of places in each."""
    clouds = sorted({box.frame[:1] for box in picture.boxes if box.frame})
    places = {cloud: sorted({box.frame for box in picture.boxes if box.frame[:1] == cloud}) for cloud in clouds}
    for order in itertools.permutations(clouds):
        for inner in itertools.product(*(itertools.permutations(places[cloud]) for cloud in order)):
            yield tuple(frame for group in inner for frame in group)


def _cost(placed: Placed) -> float:
    """Long arrows are hard to follow, a wide drawing must be scrolled, and a label must be read."""
    length = sum(math.dist(one, other) for arrow in placed.arrows for one, other in itertools.pairwise(arrow.points))
    hidden = sum(arrow.label.common(other.area) for arrow in placed.arrows for other in placed.boxes)
    hidden += sum(one.label.common(other.label) for one, other in itertools.combinations(placed.arrows, 2))
    return length + placed.height + WIDTH_WEIGHT * max(0.0, placed.width - WIDTH) + LABEL_WEIGHT * hidden


def _wrapped(lines: Iterable[str], letters: int) -> tuple[str, ...]:
    return tuple(part for line in lines for part in wrapped(line, letters))


def wrapped(line: str, letters: int) -> list[str]:
    """A line in pieces of so many letters, ended after spaces, commas, hyphens and slashes; long names after dots."""
    pieces = [""]
    words = re.findall(r"[^ ,/-]*[ ,/-]*", line)
    short = (part for word in words for part in (re.split(r"(?<=\.)", word) if len(word) > letters else [word]))
    for part in short:
        if pieces[-1] and len((pieces[-1] + part).rstrip()) > letters:
            pieces.append("")
        pieces[-1] += part
    return [piece.strip() for piece in pieces]


def label_lines(arrow: Arrow) -> tuple[str, ...]:
    """The text of a label."""
    return tuple(part for label in arrow.labels for part in wrapped(label, LABEL_LETTERS))


def _size(title: tuple[str, ...], lines: tuple[str, ...], *, tiers: bool) -> Point:
    width = max([*(len(line) * TITLE_LETTER for line in title), *(len(line) * LETTER for line in lines)])
    return width + 2 * PADDING, (len(title) + len(lines) + tiers) * LINE + 2 * PADDING


def _source(
    picture: Picture,
    frames: tuple[Frame, ...],
    arrows: tuple[Arrow, ...],
    ids: Mapping[str, str],
    sizes: Mapping[str, Point],
) -> str:
    """The graph in the language of Graphviz."""
    lines = [
        "digraph {",
        f"rankdir=LR; ranksep={RANK_GAP / POINTS:.3f}; nodesep={NODE_GAP / POINTS:.3f}; splines=true; newrank=true",
        f"graph [fontname=Courier, fontsize={COURIER}]; edge [fontname=Courier, fontsize={COURIER}, arrowhead=none]",
        'node [shape=box, fixedsize=true, label=""]',
    ]
    for cloud in dict.fromkeys([(), *(frame[:1] for frame in frames)]):
        inner = [frame for frame in frames if frame[:1] == cloud] if cloud else [()]
        lines += _cluster_start(cloud, picture)
        for frame in inner:
            lines += _cluster_start(frame, picture) if len(frame) > 1 else []
            for box in picture.boxes:
                if box.frame == frame:
                    width, height = (length / POINTS for length in sizes[box.key])
                    lines.append(f"{ids[box.key]} [width={width:.4f}, height={height:.4f}]")
            lines += ["}"] if len(frame) > 1 else []
        lines += ["}"] if cloud else []
    lines += [f"{{rank=min; {ids[box.key]}}}" for box in picture.boxes if box.key == INTERNET]
    lines += [_edge(arrow, number, ids) for number, arrow in enumerate(arrows)]
    lines += [f"{ids[left]} -> {ids[right]} [style=invis]" for left, right in picture.order]
    return "\n".join([*lines, "}"])


def _cluster_start(frame: Frame, picture: Picture) -> list[str]:
    if not frame:
        return []
    # The label keeps room for a title of our own.
    label = _blank(*_title_size(frame, picture))
    return [f"subgraph {_cluster(frame)} {{", f"label={label}; labeljust=l; margin={MARGIN:g}"]


def _cluster(frame: Frame) -> str:
    """A name without a letter that Graphviz would read, whatever a project is called."""
    return f"cluster_{' '.join(frame).encode().hex()}"


def _edge(arrow: Arrow, number: int, ids: Mapping[str, str]) -> str:
    # What leads to the internet is drawn backwards, so that the internet stays on the left.
    start, end = (arrow.end, arrow.start) if arrow.end == INTERNET else (arrow.start, arrow.end)
    width, height = label_size(arrow)
    return f"{ids[start]} -> {ids[end]} [id=a{number}, label={_blank(width, height)}]"


def label_size(arrow: Arrow) -> Point:
    """Width and height of a label."""
    lines = label_lines(arrow)
    return max(map(len, lines)) * LABEL_LETTER + 4, len(lines) * LABEL_LINE + 4


def _blank(width: float, height: float) -> str:
    """Text that takes so much room; the lines of Graphviz's own labels are as wide and high as it believes."""
    letters, lines = math.ceil(width / COURIER_LETTER), math.ceil(height / COURIER_LINE)
    return '"' + "\\n".join(["x" * letters] * lines) + '"'


def _placed(
    picture: Picture,
    arrows: tuple[Arrow, ...],
    texts: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]],
    ids: Mapping[str, str],
    found: Mapping[str, Any],
) -> Placed:
    _, _, width, height = _numbers(found["bb"])
    objects = {entry["name"]: entry for entry in found.get("objects", ())}
    boxes = tuple(PlacedBox(box, _area_around(objects[ids[box.key]], height), *texts[box.key]) for box in picture.boxes)
    frames = {box.frame[:depth] for box in picture.boxes for depth in range(1, len(box.frame) + 1)}
    placed = tuple(
        PlacedFrame(frame, _flipped(_numbers(objects[_cluster(frame)]["bb"]), height)) for frame in sorted(frames)
    )
    edges = {entry.get("id"): entry for entry in found.get("edges", ())}
    lines = [_points(arrow, edges[f"a{number}"], height) for number, arrow in enumerate(arrows)]
    taken = [*(box.area for box in boxes), *(_title(frame, picture) for frame in placed)]
    labels = stand(lines, [label_size(arrow) for arrow in arrows], taken)
    drawn = tuple(PlacedArrow(*each) for each in zip(arrows, lines, labels, strict=True))
    return Placed(width, height, boxes, drawn, placed)


def _title(placed: PlacedFrame, picture: Picture) -> Area:
    return Area(placed.area.x, placed.area.y, *_title_size(placed.frame, picture))


def _title_size(frame: Frame, picture: Picture) -> Point:
    note = picture.notes.get(frame, "")
    width = max(len(frame[-1]) * TITLE_LETTER, len(note) * LETTER) + 2 * PADDING
    return width, FRAME_TITLE + (FRAME_NOTE if note else 0)


def _points(arrow: Arrow, entry: Mapping[str, Any], height: float) -> tuple[Point, ...]:
    points = [_flip(part, height) for part in entry["pos"].split()]
    return tuple(points[::-1] if arrow.end == INTERNET else points)


def _area_around(entry: Mapping[str, Any], height: float) -> Area:
    x, y = _flip(entry["pos"], height)
    wide, high = float(entry["width"]) * POINTS, float(entry["height"]) * POINTS
    return Area(x - wide / 2, y - high / 2, wide, high)


def _flipped(corners: list[float], height: float) -> Area:
    left, low, right, top = corners
    return Area(left, height - top, right - left, top - low)


def _flip(text: str, height: float) -> Point:
    """Graphviz counts from below."""
    x, y = _numbers(text)
    return x, height - y


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]
