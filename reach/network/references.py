"""Which registration an input means: by its value where that is known, else by what the engine says it comes from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from capture import Capture, Registration, Unknown, Value
from reach.network.ranges import Ranges, are_ranges, ranges
from reach.network.rules import Selector
from reach.values import text
from settings.addresses import EVERYBODY


def meet(some: Iterable[Registration], others: Iterable[Registration]) -> bool:
    """Whether a registration is in both."""
    urns = {entry.urn for entry in some}
    return any(entry.urn in urns for entry in others)


ADDRESSES = (
    "gcp:compute/address:Address",
    "gcp:compute/globalAddress:GlobalAddress",
    "gcp:compute/instance:Instance",
    "gcp:compute/haVpnGateway:HaVpnGateway",
    "aws:ec2/eip:Eip",
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/networkInterface:NetworkInterface",
    "aws:ec2/instance:Instance",
)
"""Types whose outputs are addresses that rules may name."""


class References:
    """Looks up registrations of one capture."""

    def __init__(self, capture: Capture) -> None:
        self.capture = capture

    def of_type(self, resource_type: str) -> tuple[Registration, ...]:
        """Registrations of one type token, without a walk through the whole capture."""
        return self._by_type.get(resource_type, ())

    @cached_property
    def _by_type(self) -> Mapping[str, tuple[Registration, ...]]:
        found: dict[str, list[Registration]] = defaultdict(list)
        for entry in self.capture.registrations:
            found[entry.type].append(entry)
        return {resource_type: tuple(entries) for resource_type, entries in found.items()}

    @cached_property
    def _by_value(self) -> Mapping[str, frozenset[str]]:
        """URNs by every id and output that is known of them."""
        found: dict[str, set[str]] = defaultdict(set)
        for entry in self.capture.resources:
            # Pulumi's engine shows a policy pack inputs and outputs together.
            own = (*entry.outputs.values(), *(entry.inputs.values() if entry.type in ADDRESSES else ()))
            for value in (entry.id, *map(text, own)):
                if value:
                    found[value].add(entry.urn)
        for urn, values in self.capture.invented.items():
            for value in values:
                found[value].add(urn)
        return {value: frozenset(urns) for value, urns in found.items()}

    def named(self, entry: Registration, key: str, *types: str, value: Value = None) -> tuple[Registration, ...]:
        """Registrations of some types that an input names; `value` is the part of it that is meant, else all of it."""
        meant = entry.inputs.get(key) if value is None else value
        values = tuple(meant) if isinstance(meant, tuple) else (meant,)
        known = [self.of_types(self._by_value.get(each, ()), types) for each in values if isinstance(each, str)]
        if len(known) == len(values) and all(known):
            return tuple({found.urn: found for each in known for found in each}.values())
        return self.of_types(entry.property_dependencies.get(key, ()), types)

    def one(self, entry: Registration, key: str, *types: str, value: Value = None) -> Registration | None:
        """The first that an input names; None where there is none."""
        return next(iter(self.named(entry, key, *types, value=value)), None)

    def of_types(self, urns: Iterable[str], types: Iterable[str]) -> tuple[Registration, ...]:
        """Registrations by URN, of some types."""
        known = tuple(types)
        found = (self.capture.by_urn.get(urn) for urn in sorted(urns))
        return tuple(entry for entry in found if entry is not None and entry.type in known)

    def selector(self, entry: Registration, key: str, values: Iterable[Value], groups: Iterable[str] = ()) -> Selector:
        """What a rule says of the other side by ranges: those of a value, and addresses that are still unknown."""
        literal: list[str] = []
        urns: set[str] = set()
        unknown = ""
        givers = {each.urn for each in self.of_types(entry.property_dependencies.get(key, ()), ADDRESSES)}
        for value in values:
            if isinstance(value, Unknown):
                urns |= givers
                unknown = "" if givers else f"what {key} will hold means it"
            elif isinstance(value, str) and (named := self._givers(value) & givers):
                urns |= named
            elif isinstance(value, str) and (are_ranges(value) or value == EVERYBODY):
                literal.append(value)
            elif value is not None:
                unknown = f"{key} holds {value!r}, which is no range, and means it"
        return Selector(ranges(literal), frozenset(urns), frozenset(groups), unknown)

    def address(self, entry: Registration, output: str) -> Ranges | None:
        """The address of a registration where a cloud has given it; None where it is invented or unknown."""
        if self.capture.invented.get(entry.urn):
            return None
        value = text(entry.outputs.get(output)) or text(entry.inputs.get(output))
        return ranges((value,)) if are_ranges(value) else None

    def _givers(self, value: str) -> frozenset[str]:
        return self._by_value.get(value.removesuffix("/32").removesuffix("/128"), frozenset())
