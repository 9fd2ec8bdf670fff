"""Steps: what an answer of this room consists of, so that a person can follow it and find the line that allows it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One thing that somebody can do, and what allows it."""

    words: str
    """What is done, by whom and to what, for example "role runner-manager-aws-blue reads secret signing-key"."""
    by: str = ""
    """URN of the resource that allows it; empty where a cloud allows it to everyone."""
    perhaps: str = ""
    """The condition that is not understood and counts as holding; empty where there is none."""

    def __str__(self) -> str:
        """One line: the words, the logical name of what allows it, and the doubt."""
        by = f" (by {self.by.rpartition('::')[2]})" if self.by else ""
        doubt = f", if {self.perhaps}" if self.perhaps else ""
        return f"{self.words}{by}{doubt}"


Path = tuple[Step, ...]
"""Steps in the order in which they are taken; empty for what needs no step."""


def documented(path: Iterable[Step]) -> list[dict[str, str]]:
    """A path for programs."""
    return [{"words": step.words, "by": step.by, "perhaps": step.perhaps} for step in path]


def told(path: Iterable[Step]) -> list[str]:
    """The lines of a path, numbered from one."""
    return [f"{number}. {step}" for number, step in enumerate(path, 1)]
