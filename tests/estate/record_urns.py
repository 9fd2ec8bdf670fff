"""Records the URNs of every stack: python -m tests.estate.record_urns. Review the diff before it is committed."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from capture import Capture, Registration
from capture.urn import STACK_TYPE, make_urn, urn_name
from tests.support import STACKS, estate

RECORDS = Path(__file__).parent / "urns"

COMMAND = "python -m tests.estate.record_urns"


def short_urns(capture: Capture) -> set[str]:
    """Type chain and name of every registration; project and stack are the same for all."""
    return {entry.urn.split("::", 2)[2] for entry in capture.registrations}


def former_urns(capture: Capture) -> set[str]:
    """What the registrations say that they were called before, in the same short form.

    As in the engine, children of a renamed component inherit its alias, in their type chain and where their own name
    begins with the component's (sdk/python, inherited_child_alias).
    """
    by_urn = capture.by_urn
    return {former.split("::", 2)[2] for entry in capture.registrations for former in _formers(entry, by_urn)}


def recorded(stack: str) -> set[str]:
    """The URNs that were last accepted for a stack."""
    return set((RECORDS / f"{stack}.txt").read_text(encoding="utf-8").splitlines())


def lost(old: Iterable[str], capture: Capture) -> list[str]:
    """Recorded URNs that are gone and that no alias carries on: the next update would delete them."""
    return sorted(set(old) - short_urns(capture) - former_urns(capture))


def _formers(entry: Registration, by_urn: Mapping[str, Registration]) -> Iterator[str]:
    yield from entry.aliases
    parent = by_urn.get(entry.parent)
    if parent is None or parent.type == STACK_TYPE:
        return
    stack, project = entry.urn.split("::")[0].rpartition(":")[2], entry.urn.split("::")[1]
    for former_parent in _formers(parent, by_urn):
        yield make_urn(stack, project, former_parent, entry.type, entry.name)
        if entry.name.startswith(parent.name):
            former_name = urn_name(former_parent) + entry.name.removeprefix(parent.name)
            yield make_urn(stack, project, former_parent, entry.type, former_name)


def main() -> None:
    """Writes both records anew."""
    for stack in STACKS:
        text = "".join(f"{urn}\n" for urn in sorted(short_urns(estate(stack))))
        (RECORDS / f"{stack}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
