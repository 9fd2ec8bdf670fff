"""The whole picture of a capture: boxes and arrows, with those that say the same made one."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from capture import Capture
from preview.picture.boxes import boxes, notes, with_host_names
from preview.picture.model import Arrow, ArrowKind, Box, BoxKind, Picture
from preview.picture.objects import ADD, READ, WRITE, object_arrows
from preview.picture.owners import owners
from preview.picture.traffic import INTERNET, OPERATORS, PROBERS, Traffic

Signature = tuple[str, frozenset[tuple[str, ...]]]


def picture(capture: Capture) -> Picture:
    """What the drawing of a capture shows, sorted, so that the same estate is always drawn alike."""
    found = {box.key: box for box in boxes(capture)}
    heads = {key: [capture.by_urn[urn] for urn in sorted(box.urns)] for key, box in found.items()}
    owned = owners(capture, heads)
    belongings = {key: frozenset(urn for urn, keys in owned.items() if key in keys) for key in found}
    found = {key: replace(with_host_names(box, capture, owned), urns=belongings[key]) for key, box in found.items()}
    arrows = _combined([*Traffic(capture, owned).arrows(), *object_arrows(capture, owned)])
    found, arrows, order = _in_words(found, arrows)
    arrows = _without_probes(found, arrows)
    ends = sorted({end for arrow in arrows for end in (arrow.start, arrow.end)} - set(found))
    found |= {end: _outside(end) for end in ends}
    shown, arrows = _one_of_a_family(found, arrows)
    title = f"{capture.project} · {capture.stack}"
    pairs = sorted(_left_and_right(shown, arrows, order))
    return Picture(
        title, tuple(sorted(shown, key=_order)), tuple(sorted(arrows, key=_ends)), tuple(pairs), notes(capture)
    )


def _left_and_right(
    shown: Iterable[Box], arrows: Iterable[Arrow], told: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Stores stand right of those who read them, and whatever no arrow leads to right of the internet."""
    keys = {box.key for box in shown}
    led_to = {arrow.end for arrow in arrows if arrow.end != INTERNET}
    readers = {end: start for start, end in told if {start, end} <= keys and end not in led_to}
    yield from ((start, end) for end, start in readers.items())
    if INTERNET in keys:
        yield from ((INTERNET, box.key) for box in shown if box.frame and box.key not in led_to | set(readers))


def _order(box: Box) -> tuple[object, ...]:
    return box.frame, box.kind, box.title, box.key


def _ends(arrow: Arrow) -> tuple[str, str, str]:
    return arrow.start, arrow.end, arrow.kind


def _outside(name: str) -> Box:
    lines = {INTERNET: ("anyone",), PROBERS: ("load balancers, probes",)}.get(name, ("named by a rule",))
    family = "" if name in (INTERNET, PROBERS) else "ranges"
    title, *network = name.split(" ", 1) if family else [name]
    shown = (*network, *lines)
    return Box(name, BoxKind.OUTSIDE, (), title, lines=shown, urns=frozenset(), names=(name,), family=family)


def _combined(arrows: Iterable[Arrow]) -> list[Arrow]:
    """One arrow for all rules with the same ends, and for both directions where they let through the same."""
    labels: dict[tuple[str, str, ArrowKind], dict[str, None]] = {}
    for arrow in arrows:
        labels.setdefault((arrow.start, arrow.end, arrow.kind), {}).update(dict.fromkeys(arrow.labels))
    combined = {key: Arrow(*key, _joined(found)) for key, found in sorted(labels.items())}
    result: list[Arrow] = []
    for (start, end, kind), arrow in combined.items():
        back = combined.get((end, start, kind))
        mutual = back is not None and back.labels == arrow.labels
        if not mutual or start < end:
            result.append(replace(arrow, both=mutual))
    return result


def _joined(labels: Iterable[str]) -> tuple[str, ...]:
    """Labels of one protocol on one line: "tcp 80, 443"."""
    ports: dict[str, list[str]] = {}
    given = list(labels)
    if rights := [right for right in (READ, ADD, WRITE) if right in given]:
        given = [", ".join(rights), *(label for label in given if label not in rights)]
    for label in given:
        protocol, _, port = label.partition(" ")
        is_port = port[:1].isdigit()
        ports.setdefault(protocol if is_port else label, []).extend([port] if is_port else [])
    return tuple(
        f"{protocol} {', '.join(sorted(set(found), key=_port_order))}" if found else protocol
        for protocol, found in ports.items()
    )


def _port_order(ports: str) -> tuple[int, str]:
    first = ports.partition("-")[0]
    return (int(first) if first.isdigit() else 0, ports)


def _in_words(
    found: Mapping[str, Box], arrows: list[Arrow]
) -> tuple[dict[str, Box], list[Arrow], list[tuple[str, str]]]:
    """Arrows that would lead to nearly every machine are told in a box: operators, and stores that are read alone."""
    lines: dict[str, list[str]] = {}
    told: list[Arrow] = []
    for arrow in arrows:
        if arrow.start == OPERATORS:
            lines.setdefault(arrow.end, []).append(f"{', '.join(arrow.labels)} from Google IAP")
            told.append(arrow)
    into: dict[str, list[Arrow]] = {}
    for arrow in arrows:
        into.setdefault(arrow.end, []).append(arrow)
    for end, leading in into.items():
        is_read_alone = all(arrow.labels[:1] == (READ,) and arrow.start in found for arrow in leading)
        if end in found and found[end].kind is BoxKind.BUCKET and is_read_alone:
            readers = ", ".join(sorted(found[arrow.start].title for arrow in leading))
            lines.setdefault(end, []).append(f"read by {readers}")
            told.extend(leading)
    changed = {key: replace(box, lines=(*box.lines, *lines.get(key, ()))) for key, box in found.items()}
    pairs = [(arrow.start, arrow.end) for arrow in told if arrow.start in found]
    return changed, [arrow for arrow in arrows if arrow not in told], pairs


def _without_probes(found: Mapping[str, Box], arrows: list[Arrow]) -> list[Arrow]:
    """A load balancer reaches its machines from Google's front ends: the rule for these is the arrow that is there."""
    served = {arrow.end for arrow in arrows if arrow.start in found and found[arrow.start].kind is BoxKind.DOOR}
    return [arrow for arrow in arrows if arrow.start != PROBERS or arrow.end not in served]


def _one_of_a_family(found: Mapping[str, Box], arrows: list[Arrow]) -> tuple[list[Box], list[Arrow]]:
    """Boxes of one family at which the same arrows end become one, until nothing more becomes one."""
    shown, names = dict(found), {key: key for key in found}
    while True:
        groups: dict[tuple[object, ...], list[Box]] = {}
        for box in shown.values():
            signature = (box.key,) if not box.family else (box.family, box.frame, _signature(box.key, arrows))
            groups.setdefault(signature, []).append(box)
        together = [sorted(group, key=_order) for group in groups.values() if len(group) > 1]
        if not together:
            return list(shown.values()), arrows
        for group in together:
            for box in group:
                del shown[box.key]
                names[box.key] = group[0].key
            shown[group[0].key] = _merged(group)
        arrows = _combined(
            replace(arrow, start=names[arrow.start], end=names[arrow.end]) for arrow in _both_ways(arrows)
        )
        names = {key: key for key in shown}


def _both_ways(arrows: Iterable[Arrow]) -> Iterable[Arrow]:
    for arrow in arrows:
        yield replace(arrow, both=False)
        if arrow.both:
            yield replace(arrow, start=arrow.end, end=arrow.start, both=False)


def _signature(key: str, arrows: Iterable[Arrow]) -> frozenset[tuple[str, ...]]:
    return frozenset(
        (
            "to" if arrow.end == key else "from",
            arrow.start if arrow.end == key else arrow.end,
            arrow.kind,
            *arrow.labels,
        )
        for arrow in arrows
        if key in (arrow.start, arrow.end)
    )


def _merged(group: list[Box]) -> Box:
    first = group[0]
    titles = [box.title for box in group]
    names = tuple(name for box in group for name in box.names)
    match first.kind:
        case BoxKind.WORKERS:
            title, lines = f"{len(group)} groups", tuple(line for box in group for line in (box.title, *box.lines[:1]))
            sizes = sorted({line for box in group for line in box.lines[1:]})
            lines = (*lines, *sizes)
        case BoxKind.BUCKET:
            common = _common_beginning(titles)
            title = f"{common}-…" if common else "buckets"
            listed = ", ".join(title_.removeprefix(f"{common}-") for title_ in titles)
            lines = (f"{len(group)} buckets: {listed}", *first.lines)
        case BoxKind.OUTSIDE:
            title, lines = titles[0], (*titles[1:], *first.lines)
        case _:
            title, lines = f"{len(group)} NAT gateways", (", ".join(titles), "static addresses")
    urns = frozenset(urn for box in group for urn in box.urns)
    return replace(first, title=title, lines=lines, names=names, urns=urns)


def _common_beginning(names: Iterable[str]) -> str:
    """What all names begin with, up to a hyphen."""
    parts = itertools.takewhile(
        lambda same: len(set(same)) == 1, zip(*(name.split("-") for name in names), strict=False)
    )
    return "-".join(same[0] for same in parts)
