"""Violations as a reader wants them: one entry for each line of the program, however many resources come from it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from capture import Capture
from policies import Violation

NAMED = 3
"""Resources of one line that are named; the others are counted."""


@dataclass(frozen=True)
class ViolationGroup:
    """One promise that one line of the program breaks."""

    policy: str
    source: str
    """File and line; empty where nobody knows it."""
    names: tuple[str, ...]
    """Logical names of the resources."""
    messages: tuple[str, ...]
    """What is wrong, each once."""

    def named(self, *, full: bool = False) -> str:
        """The resources: all of them, or the first few and how many more."""
        shown = self.names if full or len(self.names) <= NAMED + 1 else self.names[:NAMED]
        more = len(self.names) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")


def by_line(capture: Capture, violations: Iterable[Violation]) -> tuple[ViolationGroup, ...]:
    """Violations of one policy that come from one line, together; in the order in which they were found."""
    groups: dict[tuple[str, str], list[Violation]] = {}
    known = capture.by_urn
    for violation in violations:
        source = known[violation.urn].source if violation.urn in known else ""
        groups.setdefault((violation.policy, source or violation.urn), []).append(violation)
    return tuple(_group(capture, found) for found in groups.values())


def _group(capture: Capture, found: list[Violation]) -> ViolationGroup:
    first = capture.by_urn.get(found[0].urn)
    return ViolationGroup(
        policy=found[0].policy,
        source="" if first is None else first.source,
        names=tuple(dict.fromkeys(_names(found))),
        messages=tuple(dict.fromkeys(violation.message for violation in found)),
    )


def _names(found: Iterable[Violation]) -> Iterator[str]:
    return (violation.urn.rpartition("::")[2] for violation in found)
