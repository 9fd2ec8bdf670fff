"""What differs between two captures of one stack, in the steps that the engine would take.

It follows the engine: a resource is the same one if its URN is, or one of its aliases (its parents' aliases count too);
what is replaced gives new outputs, so whatever takes these outputs changes or is replaced with it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from capture import Capture, Registration, make_urn, type_chain, urn_name
from policies.guards import GUARD_TYPES, is_on, lost_guard
from policies.secrets_in_clear import veiled
from policies.stateful import STATEFUL_TYPES, is_stateful
from policies.values import of_provider
from preview.difference import PropertyChange, differences
from preview.replacements import PLACED_BY, forces_replacement
from preview.served_paths import PathChange, path_changes
from preview.symbols import Use, symbolic_inputs, symbolic_outputs


class Step(StrEnum):
    """What the engine does to a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    OPTIONS = "options"
    """Only options of Pulumi differ, such as protection; no cloud is touched."""


@dataclass(frozen=True)
class Change:
    """One resource that does not stay as it is."""

    step: Step
    registration: Registration
    """As the present revision has it; for a deletion, as the other one had it."""
    properties: tuple[PropertyChange, ...] = ()
    options: tuple[PropertyChange, ...] = ()
    ignored: tuple[PropertyChange, ...] = ()
    """Inputs that differ and that `ignore_changes` keeps from the resource."""
    lost_guard: str = ""
    """What is guarded no longer although it stays, or kept for a shorter time; empty where nothing is."""

    @property
    def lost(self) -> str:
        """What would be lost, in words; empty where nothing is."""
        if self.loses_state:
            return STATEFUL_TYPES[self.registration.type].holds
        return self.lost_guard

    @property
    def loses_state(self) -> bool:
        """Whether data, keys or an address that others know would be lost."""
        return self.step in (Step.REPLACE, Step.DELETE) and is_stateful(self.registration)


@dataclass(frozen=True)
class Rename:
    """A resource that keeps its life under another URN, because an alias says so."""

    old_urn: str
    registration: Registration


@dataclass(frozen=True)
class Comparison:
    """Everything that differs between two captures."""

    changes: tuple[Change, ...]
    renames: tuple[Rename, ...]
    outputs: tuple[PropertyChange, ...]
    """Stack outputs that differ."""
    paths: tuple[PathChange, ...] = ()
    """Paths that a load balancer answers in another way."""
    ignored: tuple[Change, ...] = ()
    """Resources that stay as they are although inputs differ, since `ignore_changes` names these."""

    def of(self, step: Step) -> tuple[Change, ...]:
        """The changes of one step."""
        return tuple(change for change in self.changes if change.step is step)

    @property
    def lost_paths(self) -> tuple[PathChange, ...]:
        """Paths that clients no longer get."""
        return tuple(change for change in self.paths if change.is_lost)

    @property
    def losses_counted(self) -> str:
        """How much would be lost, for example "1 stateful resource and 2 guards"; empty where nothing is."""
        stateful = sum(change.loses_state for change in self.changes)
        nouns = ((stateful, "stateful resource"), (len(self.losses) - stateful, "guard"))
        return " and ".join(f"{number} {noun}{'s' * (number != 1)}" for number, noun in nouns if number)

    @property
    def losses(self) -> tuple[Change, ...]:
        """Stateful resources that would be replaced or deleted, then guards that would go or be off."""
        lost = [change for change in self.changes if change.lost]
        return tuple(sorted(lost, key=lambda change: not change.loses_state))


def compare(old: Capture, new: Capture) -> Comparison:
    """The steps from the old capture to the new one. Components have no step of their own: no cloud knows them."""
    # Values are shown, so those that are secrets by their look are compared as such.
    return _Comparer(veiled(old), veiled(new)).comparison()


def all_new(new: Capture) -> Comparison:
    """The steps from nothing."""
    return Comparison(tuple(Change(Step.CREATE, entry) for entry in new.registrations if entry.custom), (), ())


class _Comparer:
    def __init__(self, old: Capture, new: Capture) -> None:
        self._old = old
        self._new = new
        self._former = dict(_former_urns(old, new))

    def comparison(self) -> Comparison:
        kept = set(self._former.values())
        gone = [entry for entry in self._old.registrations if entry.custom and entry.urn not in kept]
        born = [entry for entry in self._new.registrations if entry.custom and entry.urn not in self._former]
        rest = self._changes_of_the_rest()
        changes = [
            *(Change(Step.DELETE, entry, lost_guard=self._missed(entry, kept, born)) for entry in gone),
            *(Change(Step.CREATE, entry) for entry in born),
            *(change for change in rest if change.properties or change.options),
        ]
        renames = [
            Rename(former, self._new.by_urn[urn])
            for urn, former in self._former.items()
            if former != urn and self._new.by_urn[urn].custom
        ]
        outputs = differences(symbolic_outputs(self._old, urn_name), symbolic_outputs(self._new, self._name))
        return Comparison(
            tuple(sorted(changes, key=lambda change: change.registration.urn)),
            tuple(sorted(renames, key=lambda rename: rename.registration.urn)),
            tuple(outputs),
            path_changes(self._old, self._new),
            tuple(change for change in rest if change.ignored and not (change.properties or change.options)),
        )

    def _missed(self, gone: Registration, kept: set[str], born: list[Registration]) -> str:
        """What a deleted guard guarded, where that stays and nothing comes in the guard's place; else empty.

        A system that goes takes its guards with it; so does a resource that a guard looks at.
        """
        if gone.type not in GUARD_TYPES or not is_on(gone):
            return ""
        looked_at = {urn for urns in gone.property_dependencies.values() for urn in urns}
        replaced = any(entry.type == gone.type and self._former.get(entry.parent) == gone.parent for entry in born)
        missed = {gone.parent, *looked_at} <= kept and not replaced
        return GUARD_TYPES[gone.type].keeps if missed else ""

    def _changes_of_the_rest(self) -> list[Change]:
        changes: dict[str, Change] = {}
        uses: dict[str, tuple[Use, ...]] = {}
        for urn, former in self._former.items():
            registration, before = self._new.by_urn[urn], self._old.by_urn[former]
            if registration.custom:
                symbolic = symbolic_inputs(self._new, registration, self._name)
                uses[urn] = symbolic.uses
                old_inputs = symbolic_inputs(self._old, before, urn_name).inputs
                found = [*differences(old_inputs, symbolic.inputs), *self._moves(before, registration)]
                options = (*_option_changes(before, registration), *self._orders(before, registration))
                changes[urn] = _change(before, registration, found, options)
        _spread_replacements(changes, uses)
        return list(changes.values())

    def _name(self, urn: str) -> str:
        """The name that a resource had, so that a rename is no change of what refers to it."""
        return urn_name(self._former.get(urn, urn))

    def _orders(self, before: Registration, after: Registration) -> Iterator[PropertyChange]:
        """What must be there first although no input takes anything of it: without it, an update runs in any order."""
        was, becomes = _explicit(before), {self._former.get(urn, urn) for urn in _explicit(after)}
        for urn in sorted(was - becomes):
            yield PropertyChange("dependsOn[]", _with_kind(urn), None)
        for urn in sorted(becomes - was):
            yield PropertyChange("dependsOn[]", None, _with_kind(urn))

    def _moves(self, before: Registration, after: Registration) -> Iterator[PropertyChange]:
        """Another provider, or another place that the provider gives, is another resource."""
        if self._former.get(after.provider, after.provider) != before.provider:
            yield PropertyChange("provider", urn_name(before.provider), urn_name(after.provider), replaces=True)
            return
        for key in PLACED_BY.get(after.cloud, ()):
            was, becomes = of_provider(self._old, before, key), of_provider(self._new, after, key)
            if key not in after.inputs and was != becomes:
                yield PropertyChange(f"{key} of the provider", was, becomes, replaces=True)


def _with_kind(urn: str) -> str:
    return f"{urn_name(urn)} ({type_chain(urn).rpartition(':')[2]})"


def _explicit(registration: Registration) -> set[str]:
    """What `depends_on` alone asks for."""
    return set(registration.dependencies).difference(*registration.property_dependencies.values())


def _former_urns(old: Capture, new: Capture) -> Iterator[tuple[str, str]]:
    """For each registration that is not new, the URN that it had. Parents come before their children."""
    known = old.by_urn
    former: dict[str, str] = {}
    queue = [entry for entry in new.registrations if not entry.parent]
    while queue:
        entry = queue.pop()
        candidates = [entry.urn, *entry.aliases, *_inherited_aliases(entry, former)]
        match = next((urn for urn in candidates if urn in known), None)
        if match is not None:
            former[entry.urn] = match
            yield entry.urn, match
        queue.extend(new.children(entry.urn))


def _inherited_aliases(entry: Registration, former: Mapping[str, str]) -> Iterator[str]:
    """What a child was called while its parent had another URN (the engine's inheritedChildAlias)."""
    parent = former.get(entry.parent, entry.parent)
    if parent == entry.parent:
        return
    stack, project = entry.urn.split("::")[0].rpartition(":")[2], entry.urn.split("::")[1]
    parent_name, old_parent_name = urn_name(entry.parent), urn_name(parent)
    for urn in (entry.urn, *entry.aliases):
        name = urn_name(urn)
        if name.startswith(parent_name):
            name = old_parent_name + name.removeprefix(parent_name)
        yield make_urn(stack, project, parent, type_chain(urn).rpartition("$")[2], name)


def _change(
    before: Registration, after: Registration, found: list[PropertyChange], options: tuple[PropertyChange, ...]
) -> Change:
    judged = tuple(
        replace(change, replaces=change.replaces or forces_replacement(after, change))
        for change in found
        if not _is_ignored(after, change.path)
    )
    step = Step.REPLACE if any(change.replaces for change in judged) else Step.UPDATE if judged else Step.OPTIONS
    ignored = tuple(change for change in found if _is_ignored(after, change.path))
    return Change(step, after, judged, options, ignored=ignored, lost_guard=lost_guard(before, after))


def _is_ignored(registration: Registration, path: str) -> bool:
    names = (re.sub(r'\["([^"]+)"\]', r".\1", name) for name in registration.ignore_changes)
    return any(path == name or path.startswith((f"{name}.", f"{name}[")) for name in names)


def _option_changes(before: Registration, after: Registration) -> Iterator[PropertyChange]:
    """Options that decide what may happen to the resource later."""
    for name, old, new in (
        ("protect", before.protect, after.protect),
        ("retainOnDelete", before.retain_on_delete, after.retain_on_delete),
        ("ignoreChanges", before.ignore_changes, after.ignore_changes),
    ):
        if old != new:
            yield PropertyChange(name, old, new)


def _spread_replacements(changes: dict[str, Change], uses: Mapping[str, tuple[Use, ...]]) -> None:
    """Marks what takes outputs of a replaced resource, until nothing more is replaced by it."""
    waiting = [urn for urn, change in changes.items() if change.step is Step.REPLACE]
    seen: set[str] = set()
    while waiting:
        replaced = waiting.pop()
        seen.add(replaced)
        for urn, change in changes.items():
            followed = _followed(change, replaced, uses[urn])
            changes[urn] = followed
            if followed.step is Step.REPLACE and urn not in seen and urn not in waiting:
                waiting.append(urn)


def _followed(change: Change, replaced: str, uses: tuple[Use, ...]) -> Change:
    known = {found.path for found in change.properties}
    name = urn_name(replaced)
    news = [
        PropertyChange(use.path, name, f"the new {name}")
        for use in uses
        if use.urn == replaced and use.path not in known and not _is_ignored(change.registration, use.path)
    ]
    if not news:
        return change
    judged = tuple(replace(new, replaces=forces_replacement(change.registration, new)) for new in news)
    becomes_new = change.step is Step.REPLACE or any(new.replaces for new in judged)
    return replace(change, step=Step.REPLACE if becomes_new else Step.UPDATE, properties=(*change.properties, *judged))
