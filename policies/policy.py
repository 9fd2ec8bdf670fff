"""What a policy is: a function over a capture that yields the registrations that break a promise."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from capture import Capture, Registration


@dataclass(frozen=True)
class Finding:
    """One registration that breaks a promise, and how to mend it."""

    registration: Registration
    message: str


Policy = Callable[[Capture], Iterator[Finding]]
"""Its name is the name of the promise, its docstring the reason for it."""


@dataclass(frozen=True)
class Violation:
    """A broken promise, for people and programs."""

    policy: str
    """The promise, for example "no_secret_in_clear"."""
    urn: str
    message: str
    """What is wrong, and after "HINT:" how to mend it."""

    def __str__(self) -> str:
        """One line: promise, resource, message."""
        return f"{self.policy}: {self.urn.rpartition('::')[2]}: {self.message}"
