"""What is found of who may do what and who reaches whom, what is told for nothing, what it costs: `make bench-reach`.

Each seed of `seeds/` is made alone in production, and in production with many more shards and clients of the vault; so
is each refactoring. Time is the processor's and not the clock's, of the table and of the comparison together, after
both captures. Memory is what Python holds at most for them on top of the captures.
"""

import json
import os
import subprocess
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from capture import Capture
from policies.secrets_in_clear import veiled
from preview.able import ability_changes
from preview.reached import door_changes
from tests.reach.grown import grown
from tests.reach.refactorings import REFACTORINGS
from tests.reach.seeds import SEEDS, Kind
from tests.reach.seeing import THE_TABLE, told
from tests.support import ROOT, estate, variant

SIZES: dict[str, Callable[[], Capture]] = {"production": lambda: variant("production", {}), "grown": grown}
"""Each answers with a capture of its own, since a preview has two that share nothing."""


@dataclass(frozen=True)
class Cost:
    """What one preview with a comparison pays for reach."""

    resources: int
    seconds: float
    """Of the processor, in user mode."""
    mib: float


def main() -> None:
    """Prints a line for each size, then each seed that is not found and each refactoring that is told."""
    print(f"{'':<12}{'resources':>10}{'found':>10}{'by table':>10}{'by news':>10}{'told':>9}{'CPU s':>8}{'MiB':>6}")
    faults: list[str] = []
    for size in SIZES:
        faults += [f"{size}: {fault}" for fault in _row(size)]
    print("\n".join(faults) or "every seed is found and no refactoring is told")
    kinds = Counter(seed.kind for seed in SEEDS)
    print("seeds: " + ", ".join(f"{kinds[kind]} {kind}" for kind in Kind))


def _row(size: str) -> list[str]:
    command = [sys.executable, "-m", "tests.reach.bench", size]
    cost = Cost(**json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout))
    capture = estate("production") if size == "production" else SIZES[size]()
    by_table = by_news = found = 0
    faults: list[str] = []
    for seed in SEEDS:
        said = told(capture, seed.change(capture))
        tabled, new = said.tables(seed), said.compares(seed)
        by_table, by_news, found = by_table + tabled, by_news + new, found + (tabled or new)
        if not (tabled or new):
            faults.append(f"not found: {seed.name}")
    for refactoring in REFACTORINGS:
        said = told(capture, refactoring.change(capture))
        faults += [f"told of {refactoring.name}: {line}" for line in (*said.violations, *said.news)[:1]]
    is_told = sum(fault.startswith("told") for fault in faults)
    print(
        f"{size:<12}{cost.resources:>10}{_of(found, SEEDS):>10}{by_table:>10}{by_news:>10}"
        f"{_of(is_told, REFACTORINGS):>9}{cost.seconds:>8.2f}{cost.mib:>6.0f}",
        flush=True,
    )
    return faults


def _of(number: int, several: tuple[object, ...]) -> str:
    return f"{number} of {len(several)}"


def _measure(size: str) -> Cost:
    """The table of one capture, and its comparison with another one, as a preview asks them."""
    before, after = veiled(SIZES[size]()), SIZES[size]()
    shown = veiled(after)
    start = os.times().user
    _ask(before, after, shown)
    seconds = os.times().user - start
    # Tracing takes several times as long, so all is asked once more, of captures that nobody knows yet.
    before, after = (replace(each, invented=dict(each.invented)) for each in (before, after))
    shown = replace(shown, invented=after.invented)
    tracemalloc.start()
    _ask(before, after, shown)
    return Cost(len(after.resources), seconds, tracemalloc.get_traced_memory()[1] / 2**20)


def _ask(before: Capture, after: Capture, shown: Capture) -> None:
    for policy in THE_TABLE:
        list(policy(after))
    ability_changes(before, shown)
    door_changes(before, shown)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(asdict(_measure(sys.argv[1]))))
    else:
        main()
