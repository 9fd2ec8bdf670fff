"""Who turns into whom, as a graph, and the shortest ways through it."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reach.model import Principal
from reach.step import Path, Step


@dataclass(frozen=True)
class Edge:
    """One principal that turns into another by one step."""

    source: Principal
    target: Principal
    step: Step


def up_to_the_first_sure(edges: Iterable[Edge]) -> Iterator[Edge]:
    """Of edges between the same two those that a graph may keep; what comes after a sure one is not asked for."""
    for edge in edges:
        yield edge
        if not edge.step.perhaps:
            return


class Graph:
    """Edges, each pair of principals at most once: the first edge that is sure, else the first."""

    def __init__(self) -> None:
        """Without an edge."""
        self._onward: dict[Principal, dict[Principal, Step]] = defaultdict(dict)
        self._back: dict[Principal, dict[Principal, Step]] = defaultdict(dict)

    def add(self, edge: Edge) -> bool:
        """Takes an edge in; whether it was new."""
        if edge.source == edge.target:
            return False
        known = self._onward[edge.source].get(edge.target)
        if known is not None and (not known.perhaps or edge.step.perhaps):
            return False
        self._onward[edge.source][edge.target] = edge.step
        self._back[edge.target][edge.source] = edge.step
        return known is None

    def known(self) -> tuple[Principal, ...]:
        """Everybody in it."""
        return tuple(dict.fromkeys((*self._onward, *self._back)))

    def onward(self, source: Principal) -> Mapping[Principal, Step]:
        """Whom a principal turns into by one step."""
        return self._onward.get(source, {})

    def back(self, target: Principal) -> Mapping[Principal, Step]:
        """Who turns into a principal by one step."""
        return self._back.get(target, {})

    def leads(self, source: Principal) -> set[Principal]:
        """Everybody that a principal turns into, without the ways."""
        found: set[Principal] = set()
        waiting = [source]
        while waiting:
            for principal in self.onward(waiting.pop()):
                if principal not in found:
                    found.add(principal)
                    waiting.append(principal)
        return found

    def reached(self, source: Principal) -> dict[Principal, Path]:
        """Everybody that a principal turns into, himself left out, each by the fewest steps. Circles end."""
        return {principal: path for principal, path in self._walk(source) if principal != source}

    def _walk(self, source: Principal) -> Iterator[tuple[Principal, Path]]:
        paths: dict[Principal, Path] = {source: ()}
        waiting = deque([source])
        while waiting:
            current = waiting.popleft()
            yield current, paths[current]
            for principal, step in self.onward(current).items():
                if principal not in paths:
                    paths[principal] = (*paths[current], step)
                    waiting.append(principal)

    def leading_to(self, ends: Iterable[tuple[Principal, Path]]) -> dict[Principal, Path]:
        """Everybody who gets to one of the ends, themselves included, by the fewest steps and what the end adds."""
        paths: dict[Principal, Path] = {}
        waiting: deque[Principal] = deque()
        for principal, path in ends:
            if principal not in paths:
                paths[principal] = path
                waiting.append(principal)
        while waiting:
            current = waiting.popleft()
            for principal, step in self.back(current).items():
                if principal not in paths:
                    paths[principal] = (step, *paths[current])
                    waiting.append(principal)
        return paths
