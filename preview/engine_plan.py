"""The engine's own plan, as `pulumi preview --json` writes it: read here and nowhere else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

QUIET = ("same", "read", "refresh", "discard", "read-discard")
"""Operations that change nothing."""


@dataclass(frozen=True)
class PlannedStep:
    """One step as the engine planned it."""

    operation: str
    """For example "same", "create" or "create-replacement"."""
    urn: str
    old: Mapping[str, Any] | None
    """The resource in the state, as the engine keeps it; None where there is none yet."""
    new: Mapping[str, Any] | None
    """The resource after the step; None where it goes."""
    differing: tuple[str, ...]
    """Properties that differ."""
    replacing: tuple[str, ...]
    """Those of them that force a replacement."""

    @property
    def state(self) -> Mapping[str, Any]:
        """The newest state that the step knows."""
        return self.new or self.old or {}


@dataclass(frozen=True)
class PlanFault:
    """An error of the engine, or of a provider or the program in the engine's name."""

    urn: str
    """Empty where no resource is to blame."""
    message: str
    """With the engine's own tags for colours in it."""


@dataclass(frozen=True)
class Plan:
    """What the engine would do."""

    steps: tuple[PlannedStep, ...]
    faults: tuple[PlanFault, ...]
    counts: Mapping[str, int]
    """Number of resources by operation."""


class AnswerError(Exception):
    """A text that holds no answer of the engine."""


def read_plan(text: str) -> Plan:
    """The plan in an answer. Raises AnswerError."""
    try:
        document: dict[str, Any] = json.loads(text)
        said: list[dict[str, Any]] = document.get("diagnostics") or []
        return Plan(
            steps=tuple(_step(entry) for entry in document.get("steps") or ()),
            faults=tuple(
                PlanFault(str(entry.get("urn") or ""), str(entry.get("message", "")))
                for entry in said
                if entry.get("severity") == "error"
            ),
            counts=dict(document.get("changeSummary") or {}),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise AnswerError(f"this is no answer of `pulumi preview --json`: {error!r}") from None


def _step(entry: dict[str, Any]) -> PlannedStep:
    return PlannedStep(
        operation=str(entry["op"]),
        urn=str(entry["urn"]),
        old=entry.get("oldState"),
        new=entry.get("newState"),
        differing=tuple(map(str, entry.get("diffReasons") or ())),
        replacing=tuple(map(str, entry.get("replaceReasons") or ())),
    )
