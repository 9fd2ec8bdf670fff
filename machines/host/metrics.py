"""Metric files for the node exporter: written whole, and read again by the next run.

A sample without a label is sent to the machine's cloud; one with a label is for Prometheus alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import fetch

from host import files

FOLDER = fetch.METRICS.parent
PREFIX = "packyard_"
LINE = re.compile(PREFIX + r'([a-z][a-z0-9_]*)(?:\{([a-z_]+)="([^"\\]*)"\})? (\S+)')

Label = tuple[str, str]
"""Name and value, such as `("repository", "1")`."""


@dataclass(frozen=True)
class Sample:
    """One value."""

    name: str
    """Without `packyard_`."""
    value: float
    label: Label | None = None


Known = Mapping[tuple[str, Label | None], float]
"""Values by name and label."""


def write(file: str, samples: Sequence[Sample], helps: Mapping[str, str]) -> None:
    """Replaces a metric file, by its name without the end."""
    lines: list[str] = []
    for name in dict.fromkeys(sample.name for sample in samples):
        lines += [f"# HELP {PREFIX}{name} {helps[name]}", f"# TYPE {PREFIX}{name} gauge"]
        for sample in samples:
            if sample.name == name:
                label = "" if sample.label is None else f'{{{sample.label[0]}="{sample.label[1]}"}}'
                lines.append(f"{PREFIX}{name}{label} {_number(sample.value)}")
    files.write(FOLDER / f"{file}.prom", "\n".join(lines) + "\n", 0o644)


def read(file: str) -> Known:
    """What is in a metric file; nothing where there is none."""
    found: dict[tuple[str, Label | None], float] = {}
    for line in (files.text_of(FOLDER / f"{file}.prom") or "").splitlines():
        match = LINE.fullmatch(line)
        if match is not None:
            found[match[1], (match[2], match[3]) if match[2] else None] = float(match[4])
    return found


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.6g}" if abs(value) < 1 else f"{value:.3f}"
