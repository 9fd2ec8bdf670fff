"""Figures as a table for a terminal or a page, and as JSON."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from simulator.outcome import Figures


@dataclass(frozen=True)
class Row:
    """One policy under one workload."""

    workload: str
    policy: str
    figures: Figures


TENTHS_BELOW = 10.0
"""Seconds below which tenths are told."""

HEADS: tuple[str, ...] = ("workload", "policy", "jobs", "p50", "p95", "p99", "longest", "late", "VM h/job h")


def table(rows: Sequence[Row], limit_seconds: float) -> str:
    """Waits in seconds; columns that say nothing of any row are left out."""
    heads = list(HEADS)
    heads[HEADS.index("late")] = f"over {limit_seconds:g} s"
    cells = [_cells(row) for row in rows]
    extra = _extra(rows)
    heads.extend(extra)
    for line, row in zip(cells, rows, strict=True):
        values = {
            "spot losses": str(row.figures.lost),
            "timed out": str(row.figures.timed_out),
            "never started": str(row.figures.never_started),
            "cost": "" if row.figures.cost is None else f"{row.figures.cost:.2f}",
            "per job h": "" if row.figures.cost_per_job_hour is None else f"{row.figures.cost_per_job_hour:.3f}",
            "maximum": "reached" if row.figures.maximum_reached else "-",
        }
        line.extend(values[head] for head in extra)
    widths = [max(len(line[index]) for line in [heads, *cells]) for index in range(len(heads))]
    return "\n".join(_line(line, widths) for line in [heads, *cells])


def as_json(rows: Sequence[Row]) -> list[Mapping[str, object]]:
    """What `--json` prints of each row."""
    return [{"workload": row.workload, "policy": row.policy, **figures_as_json(row.figures)} for row in rows]


def figures_as_json(told: Figures) -> Mapping[str, object]:
    """The figures by name. JSON has no infinity, so a ratio to no job hours is null."""
    values = asdict(told)
    return {key: None if value in (math.inf, -math.inf) else value for key, value in values.items()}


def _cells(row: Row) -> list[str]:
    told = row.figures
    waits = [
        f"{wait:.1f}" if wait < TENTHS_BELOW else f"{wait:.0f}" for wait in (told.p50, told.p95, told.p99, told.longest)
    ]
    return [
        row.workload,
        row.policy,
        str(told.jobs),
        *waits,
        f"{100 * told.late_share:.1f} %",
        f"{told.vm_hours_per_job_hour:.2f}",
    ]


def _extra(rows: Sequence[Row]) -> list[str]:
    all_figures = [row.figures for row in rows]
    wanted = {
        "spot losses": any(told.lost for told in all_figures),
        "timed out": any(told.timed_out for told in all_figures),
        "never started": any(told.never_started for told in all_figures),
        "cost": any(told.cost is not None for told in all_figures),
        "per job h": any(told.cost is not None for told in all_figures),
        "maximum": True,
    }
    return [head for head, is_wanted in wanted.items() if is_wanted]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    words, numbers = cells[:2], cells[2:]
    left = [cell.ljust(width) for cell, width in zip(words, widths[:2], strict=True)]
    right = [cell.rjust(width) for cell, width in zip(numbers, widths[2:], strict=True)]
    return "  ".join([*left, *right]).rstrip()
