"""Where the boxes of the drawing stand: a lane for each project or account, what is needed first on the left."""

from collections.abc import Mapping
from dataclasses import dataclass

from preview.component_graph import ComponentGraph, Node, NodeKey

BOX_WIDTH = 224
LINE_HEIGHT = 14.0
BOX_PADDING = 9.0
COLUMN_GAP, ROW_GAP = 76, 14.0
LANE_PADDING, LANE_TITLE, LANE_GAP, MARGIN = 18, 24, 16, 24
TITLE_HEIGHT = 46
"""Pixels."""


@dataclass(frozen=True)
class Box:
    """Where a node stands."""

    node: Node
    column: int
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Lane:
    """The strip of one place."""

    place: str
    y: float
    height: float


@dataclass(frozen=True)
class Layout:
    """A whole drawing."""

    boxes: Mapping[NodeKey, Box]
    lanes: tuple[Lane, ...]
    width: float
    height: float


def lines_of(node: Node) -> list[str]:
    """What stands in a box: kind and count, then what is inside."""
    count = f"{node.kind} · {node.resources} resource{'s' * (node.resources != 1)}"
    return [
        count,
        *([f"{node.stateful} of them stateful"] if node.stateful else []),
        *(f"▸ {part}" for part in node.parts),
    ]


def lay_out(graph: ComponentGraph) -> Layout:
    """Lanes from top to bottom, columns by what is needed first."""
    column_of = _columns(graph)
    boxes: dict[NodeKey, Box] = {}
    lanes: list[Lane] = []
    y = float(MARGIN + TITLE_HEIGHT)
    for place in graph.places:
        columns: dict[int, list[Node]] = {}
        for node in graph.nodes:
            if node.key.place == place:
                columns.setdefault(column_of[node.key], []).append(node)
        inner = max(map(_stack_height, columns.values()))
        for column, nodes in sorted(columns.items()):
            # A short column stands in the middle, so that arrows stay short.
            top = y + LANE_TITLE + LANE_PADDING + (inner - _stack_height(nodes)) / 2
            for node in sorted(nodes, key=lambda node: (_mean_height(node, graph, boxes), node.name)):
                x = MARGIN + LANE_PADDING + column * (BOX_WIDTH + COLUMN_GAP)
                boxes[node.key] = Box(node, column, x, top, _height(node))
                top += _height(node) + ROW_GAP
        lanes.append(Lane(place, y, LANE_TITLE + inner + 2 * LANE_PADDING))
        y += lanes[-1].height + LANE_GAP
    count = max(column_of.values(), default=0) + 1
    width = 2 * MARGIN + 2 * LANE_PADDING + count * (BOX_WIDTH + COLUMN_GAP)
    return Layout(boxes, tuple(lanes), width, y - LANE_GAP + MARGIN)


def _columns(graph: ComponentGraph) -> dict[NodeKey, int]:
    """The longest way from a system that needs nothing; an edge that closes a circle does not count."""
    needed: dict[NodeKey, list[NodeKey]] = {node.key: [] for node in graph.nodes}
    for edge in graph.edges:
        if not edge.mutual:
            needed[edge.needs].append(edge.needed)
    columns: dict[NodeKey, int] = {}

    def column(key: NodeKey, way: frozenset[NodeKey]) -> int:
        if key not in columns:
            before = [column(other, way | {key}) for other in needed[key] if other not in way]
            columns[key] = max(before, default=-1) + 1
        return columns[key]

    for node in graph.nodes:
        column(node.key, frozenset())
    return columns


def _height(node: Node) -> float:
    return (1 + len(lines_of(node))) * LINE_HEIGHT + 2 * BOX_PADDING - 4


def _stack_height(nodes: list[Node]) -> float:
    return sum(map(_height, nodes)) + ROW_GAP * (len(nodes) - 1)


def _mean_height(node: Node, graph: ComponentGraph, boxes: Mapping[NodeKey, Box]) -> float:
    """Boxes stand near what they need, so that arrows cross less."""
    heights = [boxes[edge.needed].y for edge in graph.edges if edge.needs == node.key and edge.needed in boxes]
    return sum(heights) / len(heights) if heights else 0
