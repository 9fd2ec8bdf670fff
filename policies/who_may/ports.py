"""The rows of the table about the network: nobody else reaches a port, from whichever place and by whatever way."""

from collections.abc import Iterator
from dataclasses import dataclass

from capture import Capture
from policies.policy import Finding
from policies.who_may.known import Known, known
from policies.who_may.table import PORTS
from reach.network.judge import Answer
from reach.network.network import joined, words_of
from reach.network.places import Crowd, Front, Inside, Internet, Kind, Machine, Metadata, Place, Service, Target
from reach.network.rules import Flow
from reach.step import Path, told

UPLOADS = "-upload"
"""How the name of the service ends that takes packages in."""


@dataclass(frozen=True)
class _Arrival:
    """One place that comes to one door, as the table calls both."""

    door: str
    who: str
    place: Place
    target: Target
    flow: Flow
    answer: Answer


def doors_are_reached_by_whom_the_table_names(capture: Capture) -> Iterator[Finding]:
    """A tier, a host and a port that nobody thought of together are how one broken machine becomes two."""
    asked = known(capture)
    found: dict[tuple[str, str, str], list[_Arrival]] = {}
    for arrival in _arrivals(asked):
        if not any(row.allows(arrival.flow, arrival.who, arrival.answer.path) for row in PORTS.get(arrival.door, ())):
            found.setdefault((arrival.who, words_of(arrival.target), arrival.target.urn), []).append(arrival)
    for arrivals in found.values():
        first = arrivals[0]
        ports = ", ".join(map(str, joined({arrival.flow for arrival in arrivals})))
        yield Finding(
            asked.registration(first.target.urn),
            f"{first.place.words} ({first.who}) reaches {words_of(first.target)} ({first.door}) at {ports}:"
            f" {_way(first.answer.path)}. HINT: close it, or say in policies/who_may/table.py why it is open",
        )


def _arrivals(asked: Known) -> Iterator[_Arrival]:
    for (place, target), answers in asked.network.matrix.items():
        if isinstance(target, Internet) or (isinstance(place, Machine) and place.kind is Kind.SUBNET):
            continue
        for flow, answer in answers:
            yield _Arrival(
                door=_door(asked, place, target),
                who=_who(asked, place, answer),
                place=place,
                target=target,
                flow=flow,
                answer=answer,
            )


def _who(asked: Known, place: Place, answer: Answer) -> str:
    """What the table calls a place; of the internet a part as small as somebody's own list has another name."""
    if not isinstance(place, Crowd):
        return asked.crews.machine(place.urn)
    is_all = answer.sources.is_wide or answer.sources.covers(place.party.within)
    return place.name if is_all else f"named addresses of {place.name}"


def _door(asked: Known, place: Place, target: Target) -> str:
    """What the table calls a target."""
    match target:
        case Machine():
            is_endpoint = target.kind is Kind.ENDPOINT and asked.crews.owner(target.urn).system != "cluster"
            return "an endpoint of AWS" if is_endpoint else asked.crews.machine(target.urn)
        case Front():
            return "where packages are uploaded" if target.backend.endswith(UPLOADS) else "where packages are served"
        case Service():
            return "a gateway to a store"
        case Metadata():
            is_own = isinstance(place, Machine) and place.kind is not Kind.PODS and place.urn == target.urn
            return "its own metadata" if is_own else "the metadata of another"
        case Inside():
            return "inside of the tunnel of the database hosts"
        case Internet():
            return "the internet"


def _way(path: Path) -> str:
    return "; ".join(told(path))
