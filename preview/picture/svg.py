"""A placed picture as SVG. Shape and stroke say what colour says, so that none is needed."""

from xml.etree import ElementTree

from preview.picture.colours import style
from preview.picture.geometry import Area, Point
from preview.picture.model import ArrowKind, Box, BoxKind, Picture
from preview.picture.placing import LABEL_LINE, LINE, PADDING, Placed, PlacedArrow, PlacedBox, PlacedFrame, label_lines

MARGIN, TITLE, LEGEND = 12.0, 44.0, 58.0
HEAD, HEAD_WIDTH = 8.0, 3.4
LID = 6.0
"""Height of the ellipse on top of a bucket."""


def svg(picture: Picture, placed: Placed) -> str:
    """The text of the file."""
    width, height = placed.width + 2 * MARGIN, placed.height + 2 * MARGIN + TITLE + LEGEND
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "role": "img",
            "width": f"{width:g}",
            "height": f"{height:g}",
            "viewBox": f"0 0 {width:g} {height:g}",
        },
    )
    ElementTree.SubElement(root, "title").text = f"The estate {picture.title}"
    ElementTree.SubElement(root, "style").text = style()
    ElementTree.SubElement(root, "rect", {"width": "100%", "height": "100%", "class": "paper"})
    _text(root, (MARGIN, MARGIN + 12), "title", picture.title)
    note = "Drawn from what the program registers; no cloud was asked. An arrow leads to what is reached or written."
    _text(root, (MARGIN, MARGIN + 30), "line", note)
    drawing = ElementTree.SubElement(root, "g", {"transform": f"translate({MARGIN:g} {MARGIN + TITLE:g})"})
    for frame in placed.frames:
        _frame(drawing, frame, picture)
    for box in placed.boxes:
        _box(drawing, box)
    for arrow in placed.arrows:
        _arrow(drawing, arrow)
    for arrow in placed.arrows:
        _label(drawing, arrow)
    for arrow in placed.arrows:
        _heads(drawing, arrow)
    _legend(root, placed.height + 2 * MARGIN + TITLE)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


STROKES = {ArrowKind.TRAFFIC: "1.4", ArrowKind.OBJECTS: "1.2", ArrowKind.BACKUP: "2.2"}
DASHES = {ArrowKind.OBJECTS: "2 3", ArrowKind.BACKUP: "7 4"}
TIER_DASHES, DOUBLE = {"untrusted": "3 3"}, ("publish",)
"""How tiers differ without a colour; one that is not named here has a plain border and its name."""


def _frame(parent: ElementTree.Element, placed: PlacedFrame, picture: Picture) -> None:
    area, frame = placed.area, placed.frame
    is_cloud = len(frame) == 1
    style = frame[0] if is_cloud else "place"
    _rectangle(parent, area, {"class": style, "rx": "8", "stroke-width": "1", "stroke-opacity": "0.5"})
    _text(parent, (area.x + 12, area.y + 19), "cloud" if is_cloud else "name", frame[-1])
    if note := picture.notes.get(frame):
        _text(parent, (area.x + 12, area.y + 19 + LINE), "line", note)


def _box(parent: ElementTree.Element, placed: PlacedBox) -> None:
    box, area = placed.box, placed.area
    group = ElementTree.SubElement(parent, "g")
    ElementTree.SubElement(group, "title").text = "\n".join([box.title, *box.lines, *box.names])
    _shape(group, box, area)
    y = area.y + PADDING + 10
    for kind, lines in (("name", placed.title), ("line", placed.lines)):
        for line in lines:
            _text(group, (area.x + PADDING, y), kind, line)
            y += LINE
    if box.trust:
        _text(group, (area.x + area.width - PADDING, y), f"tier tier-{box.trust}", box.trust.upper(), "end")


def _shape(parent: ElementTree.Element, box: Box, area: Area) -> None:
    attributes = {"class": "box", "stroke-width": "2.4" if box.stateful else "1.2"}
    if box.kind is BoxKind.BUCKET:
        _cylinder(parent, area, attributes)
        return
    if box.trust:
        attributes |= {"class": f"box trust-{box.trust}", "stroke-width": "2"}
    if box.trust in TIER_DASHES:
        attributes["stroke-dasharray"] = TIER_DASHES[box.trust]
    radius = {BoxKind.OUTSIDE: min(area.height / 2, 22), BoxKind.DOOR: 10}.get(box.kind, 3)
    _rectangle(parent, area, {"rx": f"{radius:g}", **attributes})
    if box.trust in DOUBLE:
        inner = Area(area.x + 3.5, area.y + 3.5, area.width - 7, area.height - 7)
        _rectangle(parent, inner, {"rx": "2", "class": f"inner trust-{box.trust}", "stroke-width": "1"})


def _cylinder(parent: ElementTree.Element, area: Area, attributes: dict[str, str]) -> None:
    left, low = area.x, area.y + area.height
    high, low = area.y + LID / 2, low - LID / 2
    curve = f"a{area.width / 2:g},{LID / 2:g} 0 0 0"
    body = f"M{left:g},{high:g} V{low:g} {curve} {area.width:g},0 V{high:g} {curve} {-area.width:g},0 z"
    ElementTree.SubElement(parent, "path", {"d": body, **attributes})
    lid = f"M{left:g},{high:g} {curve} {area.width:g},0"
    ElementTree.SubElement(parent, "path", {"d": lid, "fill": "none", "class": "box", "stroke-width": "1"})


def _arrow(parent: ElementTree.Element, placed: PlacedArrow) -> None:
    arrow, points = placed.arrow, placed.points
    first, rest = points[0], points[1:]
    curves = " ".join(f"{x:g},{y:g}" for x, y in rest)
    group = ElementTree.SubElement(parent, "g")
    ElementTree.SubElement(group, "title").text = ", ".join(arrow.labels)
    _line(group, arrow.kind, f"M{first[0]:g},{first[1]:g} C{curves}")


def _heads(parent: ElementTree.Element, placed: PlacedArrow) -> None:
    points, style_of = placed.points, f"head-{placed.arrow.kind}"
    _head(parent, points[-2], points[-1], style_of)
    if placed.arrow.both:
        _head(parent, points[1], points[0], style_of)


def _label(parent: ElementTree.Element, placed: PlacedArrow) -> None:
    """On top of all lines, so that none runs through it."""
    area = placed.label
    _rectangle(parent, area, {"class": "halo", "rx": "3"})
    for number, line in enumerate(label_lines(placed.arrow)):
        at = area.x + area.width / 2, area.y + 11 + number * LABEL_LINE
        _text(parent, at, f"label label-{placed.arrow.kind}", line, "middle")


def _line(parent: ElementTree.Element, kind: ArrowKind, path: str) -> None:
    attributes = {"d": path, "fill": "none", "class": f"arrow-{kind}", "stroke-width": STROKES[kind]}
    if kind in DASHES:
        attributes["stroke-dasharray"] = DASHES[kind]
    ElementTree.SubElement(parent, "path", attributes)


def _head(parent: ElementTree.Element, before: Point, tip: Point, style: str) -> None:
    across, down = tip[0] - before[0], tip[1] - before[1]
    length = (across**2 + down**2) ** 0.5 or 1.0
    across, down = across / length, down / length
    base = tip[0] - HEAD * across, tip[1] - HEAD * down
    corners = [
        tip,
        (base[0] - HEAD_WIDTH * down, base[1] + HEAD_WIDTH * across),
        (base[0] + HEAD_WIDTH * down, base[1] - HEAD_WIDTH * across),
    ]
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in corners)
    ElementTree.SubElement(parent, "polygon", {"points": points, "class": style})


def _legend(parent: ElementTree.Element, y: float) -> None:
    """What strokes and shapes mean, in two rows."""
    x = MARGIN
    for kind, words in (
        (ArrowKind.TRAFFIC, "reaches, by protocol and port"),
        (ArrowKind.OBJECTS, "reads or writes objects"),
        (ArrowKind.BACKUP, "backs up, into the folder named"),
    ):
        _arrow_sample(parent, (x, y), kind)
        _text(parent, (x + 50, y + 4), "line", words)
        x += 230
    x, y = MARGIN, y + 24
    for box, words in LEGEND_BOXES:
        area = Area(x, y - 8, 42, 17)
        _shape(parent, box, area)
        _text(parent, (x + 50, y + 4), "line", words)
        x += 62 + 5.6 * len(words)


def _sample(kind: BoxKind, trust: str = "", *, stateful: bool = False) -> Box:
    return Box("", kind, (), "", lines=(), urns=frozenset(), names=(), trust=trust, stateful=stateful)


LEGEND_BOXES = (
    (_sample(BoxKind.OUTSIDE), "outside the estate"),
    (_sample(BoxKind.DOOR), "way in or out"),
    (_sample(BoxKind.BUCKET), "bucket"),
    (_sample(BoxKind.MACHINE, stateful=True), "thick: its loss loses data"),
    (_sample(BoxKind.WORKERS, "untrusted"), "untrusted jobs"),
    (_sample(BoxKind.WORKERS, "protected"), "protected"),
    (_sample(BoxKind.WORKERS, "publish"), "publish"),
)


def _arrow_sample(parent: ElementTree.Element, at: Point, kind: ArrowKind) -> None:
    _line(parent, kind, f"M{at[0]:g},{at[1]:g} h34")
    _head(parent, at, (at[0] + 42, at[1]), f"head-{kind}")


def _rectangle(parent: ElementTree.Element, area: Area, attributes: dict[str, str]) -> None:
    place = {"x": area.x, "y": area.y, "width": area.width, "height": area.height}
    ElementTree.SubElement(parent, "rect", {**{key: f"{value:g}" for key, value in place.items()}, **attributes})


def _text(parent: ElementTree.Element, at: Point, style: str, words: str, anchor: str = "start") -> None:
    attributes = {"x": f"{at[0]:g}", "y": f"{at[1]:g}", "class": style}
    if anchor != "start":
        attributes["text-anchor"] = anchor
    ElementTree.SubElement(parent, "text", attributes).text = words
