"""Draws the systems of the estate as an SVG file."""

from xml.etree import ElementTree

from capture import Capture
from preview.component_graph import Edge, component_graph
from preview.graph_layout import (
    BOX_PADDING,
    BOX_WIDTH,
    LANE_PADDING,
    LANE_TITLE,
    LINE_HEIGHT,
    MARGIN,
    Box,
    Lane,
    Layout,
    lay_out,
    lines_of,
)

FILL = {"gcp": "#eef3fd", "aws": "#fff7e9"}
BORDER = {"gcp": "#4a7fd6", "aws": "#d98e1f"}
PLAIN_FILL, PLAIN_BORDER = "#f2f2f2", "#888888"

NAME_LETTERS, LINE_LETTERS = 29, 37
"""How many letters fit into a box; the rest is cut, and the tooltip has it all."""

STYLE = """
text { font-family: system-ui, "DejaVu Sans", sans-serif; fill: #1f2328 }
.title { font-size: 18px; font-weight: 600 }
.lane { font-size: 13px; font-weight: 600 }
.name { font-size: 12px; font-weight: 600 }
.line, .note { font-size: 10.5px; fill: #57606a }
.edge { fill: none; stroke: #6e7781; stroke-width: 1.2; opacity: 0.7 }
"""


def draw(capture: Capture) -> str:
    """The text of the SVG file."""
    graph = component_graph(capture)
    layout = lay_out(graph)
    svg = _canvas(capture, layout)
    for lane in layout.lanes:
        _draw_lane(svg, lane, layout.width)
    for edge in graph.edges:
        _draw_edge(svg, edge, layout)
    for box in layout.boxes.values():
        _draw_box(svg, box)
    ElementTree.indent(svg)
    return ElementTree.tostring(svg, encoding="unicode") + "\n"


def _canvas(capture: Capture, layout: Layout) -> ElementTree.Element:
    width, height = f"{layout.width:g}", f"{layout.height:g}"
    size = {"width": width, "height": height, "viewBox": f"0 0 {width} {height}"}
    svg = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", **size})
    ElementTree.SubElement(svg, "title").text = f"Systems of the stack {capture.stack}"
    ElementTree.SubElement(svg, "style").text = STYLE
    view = {"viewBox": "0 0 8 8", "refX": "7", "refY": "4", "markerWidth": "7", "markerHeight": "7"}
    definitions = ElementTree.SubElement(svg, "defs")
    marker = ElementTree.SubElement(definitions, "marker", {"id": "arrow", "orient": "auto-start-reverse", **view})
    ElementTree.SubElement(marker, "path", {"d": "M0,0 L8,4 L0,8 z", "fill": "#6e7781"})
    ElementTree.SubElement(svg, "rect", {"width": "100%", "height": "100%", "fill": "white"})
    _text(svg, MARGIN, MARGIN + 8, "title", f"{capture.stack}: {len(capture.resources)} resources")
    note = "An arrow points from what is needed to what needs it; thick borders hold data. No cloud was asked."
    _text(svg, MARGIN, MARGIN + 26, "note", note)
    return svg


def _draw_lane(svg: ElementTree.Element, lane: Lane, width: float) -> None:
    cloud = lane.place.partition(" ")[0]
    rectangle = {
        "x": f"{MARGIN:g}",
        "y": f"{lane.y:g}",
        "width": f"{width - 2 * MARGIN:g}",
        "height": f"{lane.height:g}",
        "rx": "8",
        "fill": FILL.get(cloud, PLAIN_FILL),
        "stroke": BORDER.get(cloud, PLAIN_BORDER),
        "stroke-opacity": "0.35",
    }
    ElementTree.SubElement(svg, "rect", rectangle)
    _text(svg, MARGIN + LANE_PADDING, lane.y + LANE_TITLE, "lane", lane.place)


def _draw_box(svg: ElementTree.Element, box: Box) -> None:
    group = ElementTree.SubElement(svg, "g")
    node = box.node
    ElementTree.SubElement(group, "title").text = "\n".join([node.name, *lines_of(node)])
    rectangle = {
        "x": f"{box.x:g}",
        "y": f"{box.y:g}",
        "width": f"{BOX_WIDTH:g}",
        "height": f"{box.height:g}",
        "rx": "5",
        "fill": "white",
        "stroke": BORDER.get(node.key.place.partition(" ")[0], PLAIN_BORDER),
        "stroke-width": "2.2" if node.stateful else "1",
    }
    ElementTree.SubElement(group, "rect", rectangle)
    _text(group, box.x + BOX_PADDING, box.y + BOX_PADDING + 8, "name", _cut(node.name, NAME_LETTERS))
    for number, line in enumerate(lines_of(node), start=1):
        y = box.y + BOX_PADDING + 8 + number * LINE_HEIGHT
        _text(group, box.x + BOX_PADDING, y, "line", _cut(line, LINE_LETTERS))


def _draw_edge(svg: ElementTree.Element, edge: Edge, layout: Layout) -> None:
    start, end = layout.boxes[edge.needed], layout.boxes[edge.needs]
    x1, y1 = start.x + BOX_WIDTH, start.y + start.height / 2
    y2 = end.y + end.height / 2
    if end.column > start.column:
        x2 = end.x
        bend = (x2 - x1) / 2
        path = f"M{x1:g},{y1:g} C{x1 + bend:g},{y1:g} {x2 - bend:g},{y2:g} {x2:g},{y2:g}"
    else:
        # Out and back in on the right, through the gap between the columns.
        x2 = end.x + BOX_WIDTH
        out = max(x1, x2) + 46
        path = f"M{x1:g},{y1:g} C{out:g},{y1:g} {out:g},{y2:g} {x2:g},{y2:g}"
    heads = {"marker-end": "url(#arrow)", **({"marker-start": "url(#arrow)"} if edge.mutual else {})}
    ElementTree.SubElement(svg, "path", {"class": "edge", "d": path, **heads})


def _cut(words: str, letters: int) -> str:
    return words if len(words) <= letters else f"{words[: letters - 1]}…"


def _text(parent: ElementTree.Element, x: float, y: float, style: str, words: str) -> None:
    ElementTree.SubElement(parent, "text", {"x": f"{x:g}", "y": f"{y:g}", "class": style}).text = words
