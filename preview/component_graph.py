"""The estate as a graph for the drawings: each system once in every place where it has resources."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from capture import Capture, Registration
from policies.stateful import is_stateful
from policies.values import text


@dataclass(frozen=True)
class NodeKey:
    """A system in one place."""

    place: str
    """Project or region, for example "gcp example-testground" or "aws us-east-1"."""
    urn: str
    """URN of the system: a component directly below the stack."""


@dataclass(frozen=True)
class Node:
    """One box of a drawing."""

    key: NodeKey
    name: str
    kind: str
    resources: int
    stateful: int
    parts: tuple[str, ...]
    """Names of machines, shards and other components inside; the kind where the name is that of the system."""


@dataclass(frozen=True)
class Edge:
    """A system that needs something of another one."""

    needs: NodeKey
    needed: NodeKey
    mutual: bool
    """Whether each needs something of the other."""


@dataclass(frozen=True)
class ComponentGraph:
    """Systems and what they need; what follows from other edges is left out."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @property
    def places(self) -> tuple[str, ...]:
        """Every place, by name."""
        return tuple(sorted({node.key.place for node in self.nodes}))


def component_graph(capture: Capture) -> ComponentGraph:
    """The graph of a capture."""
    keys = {entry.urn: NodeKey(_place(capture, entry), _system(capture, entry).urn) for entry in capture.resources}
    members: dict[NodeKey, list[Registration]] = {}
    for entry in capture.resources:
        members.setdefault(keys[entry.urn], []).append(entry)
    nodes = [_node(capture, key, inside) for key, inside in members.items()]
    return ComponentGraph(tuple(sorted(nodes, key=lambda node: _order(node.key))), tuple(_edges(capture, keys)))


def _node(capture: Capture, key: NodeKey, inside: list[Registration]) -> Node:
    system = capture.by_urn[key.urn]
    components = Counter(capture.component_of(entry).urn for entry in inside)
    parts = [capture.by_urn[urn] for urn in sorted(components) if urn != key.urn]
    return Node(
        key=key,
        name=system.name,
        kind="stack" if system is capture.root else system.kind,
        resources=len(inside),
        stateful=sum(map(is_stateful, inside)),
        parts=tuple(part.name if part.name != system.name else part.kind for part in parts),
    )


def _system(capture: Capture, entry: Registration) -> Registration:
    """The component around a resource that stands directly below the stack."""
    current = entry
    while current.parent and current.parent != capture.root.urn:
        current = capture.by_urn[current.parent]
    return current if not current.custom else capture.root


def _place(capture: Capture, entry: Registration) -> str:
    provider = capture.by_urn.get(entry.provider)
    own: Mapping[str, object] = {} if provider is None else provider.inputs
    key = "project" if entry.cloud == "gcp" else "region"
    value = text(entry.inputs.get(key)) or str(own.get(key) or "")
    return f"{entry.cloud} {value}".strip()


def _edges(capture: Capture, keys: Mapping[str, NodeKey]) -> Iterator[Edge]:
    pairs = {
        (keys[entry.urn], keys[urn])
        for entry in capture.resources
        for urn in _needed(entry)
        if urn in keys and keys[urn] != keys[entry.urn]
    }
    mutual = {pair for pair in pairs if pair[::-1] in pairs}
    kept = _without_shortcuts(pairs - {pair for pair in mutual if _order(pair[0]) > _order(pair[1])})
    return (Edge(needs, needed, (needs, needed) in mutual) for needs, needed in kept)


def _needed(entry: Registration) -> Iterator[str]:
    yield from entry.dependencies
    for urns in entry.property_dependencies.values():
        yield from urns


def _order(key: NodeKey) -> tuple[str, str]:
    return key.place, key.urn


def _without_shortcuts(pairs: set[tuple[NodeKey, NodeKey]]) -> list[tuple[NodeKey, NodeKey]]:
    """Leaves out an edge where a longer way says the same."""
    ordered = sorted(pairs, key=lambda pair: (_order(pair[0]), _order(pair[1])))
    kept = set(ordered)
    for pair in ordered:
        kept.discard(pair)
        if not _reaches(kept, *pair):
            kept.add(pair)
    return [pair for pair in ordered if pair in kept]


def _reaches(pairs: set[tuple[NodeKey, NodeKey]], start: NodeKey, goal: NodeKey) -> bool:
    waiting, seen = [start], {start}
    while waiting:
        current = waiting.pop()
        for needs, needed in pairs:
            if needs == current and needed not in seen:
                if needed == goal:
                    return True
                seen.add(needed)
                waiting.append(needed)
    return False
