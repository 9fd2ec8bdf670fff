"""The life of a stack: made, proven to be what the program says, or changed from another revision."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from preview.compare import Comparison
from rehearsal.engine import CommandError, Engine, Outcome, succeeded
from rehearsal.verdict import faults, verdict

PROTECTED = "protect"
"""In every refusal of the engine to replace or delete what is protected."""


@dataclass(frozen=True)
class Stage:
    """One finished command."""

    name: str
    seconds: float
    proven: str


@dataclass(frozen=True)
class ChangeVerdict:
    """What the engine says of the present revision on the state of another one."""

    comparison: Comparison
    refusals: tuple[str, ...]
    """Errors of the engine, for example that something protected would be lost."""
    stages: tuple[Stage, ...]

    @property
    def loses_state(self) -> bool:
        """Whether data, keys or an address would be lost, if the engine let it."""
        return bool(self.comparison.losses) or any(PROTECTED in refusal for refusal in self.refusals)


def first_life(engine: Engine) -> tuple[Stage, ...]:
    """Up from nothing, a preview that must be empty, and a refresh that must find nothing. Raises CommandError."""
    return (
        _stage("up", lambda: engine.up(), lambda _: f"{len(engine.clouds.resources)} resources made, none refused"),
        _stage(
            "preview",
            lambda: engine.preview("--expect-no-changes"),
            lambda outcome: f"{outcome.plan.counts['same']} stay as they are: the program repeats itself",
        ),
        _stage("refresh", lambda: engine.refresh("--expect-no-changes"), lambda _: "no drift"),
    )


def life_against(engine: Engine, present: Path, revision: str, *, exists: bool) -> ChangeVerdict:
    """Up of another revision, whose folder the engine has; then the plan for the present one. Raises CommandError.

    Where that revision has no such stack, there is nothing to bring up.
    """
    stages: list[Stage] = []
    if exists:
        stages.append(
            _stage(f"up of {revision}", engine.up, lambda _: f"{len(engine.clouds.resources)} resources made")
        )
    with _timed("preview of the present revision") as seconds:
        outcome = engine.on(present).preview()
    refusals = faults(outcome.plan) if outcome.stdout.startswith("{") else ()
    if outcome.exit_code != 0 and not refusals:
        raise CommandError(outcome)
    stages.append(Stage("preview", seconds(), "the plan of the engine"))
    return ChangeVerdict(verdict(outcome.plan, engine.clouds.compared), refusals, tuple(stages))


def _stage(name: str, command: Callable[[], Outcome], proven: Callable[[Outcome], str]) -> Stage:
    with _timed(name) as seconds:
        outcome = succeeded(command())
    return Stage(name, seconds(), proven(outcome))


@contextmanager
def _timed(name: str) -> Generator[Callable[[], float]]:
    """Says on a terminal what is going on; gives the seconds since the start."""
    start = time.monotonic()
    with Console(stderr=True).status(f"{name} …"):
        yield lambda: time.monotonic() - start
