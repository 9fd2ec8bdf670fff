"""What the engine costs against the import floor and the offline preview, measured in one run: `make bench-engine`.

All of them are run in turn, because the speed of a machine drifts, and the ratios are taken round by round.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rehearsal.engine import Outcome, running_engine, succeeded
from tests.preview.bench import floor_command, run, touched_modules
from tests.rehearsal.engine.support import project_copy
from tests.support import STACKS

ROUNDS = 3
"""Rounds; the median is printed."""


@dataclass(frozen=True)
class Round:
    """Seconds of each."""

    floor: float
    offline: float
    up: float
    preview: float


def main() -> None:
    """Prints a table: seconds, and in brackets the ratio to the import floor."""
    modules = touched_modules()
    print(f"{'stack':<12}{'floor s':>9}{'offline preview':>18}{'engine preview':>18}{'engine up':>18}")
    for stack in STACKS:
        rounds = [_round(stack, modules) for _ in range(ROUNDS)]
        floor = statistics.median(entry.floor for entry in rounds)
        cells = (
            _cell([(entry.offline, entry.floor) for entry in rounds]),
            _cell([(entry.preview, entry.floor) for entry in rounds]),
            _cell([(entry.up, entry.floor) for entry in rounds]),
        )
        print(f"{stack:<12}{floor:>9.2f}{''.join(f'{cell:>18}' for cell in cells)}", flush=True)


def _round(stack: str, modules: list[str]) -> Round:
    floor = run(floor_command(modules)).seconds
    offline = run([sys.executable, "-m", "preview", stack]).seconds
    with tempfile.TemporaryDirectory() as folder:
        project = project_copy(Path(folder) / "project", stack)
        with running_engine(project, stack, Path(folder), checkpoints=False) as engine:
            up = _seconds(engine.up)
            preview = _seconds(engine.preview)
    return Round(floor, offline, up, preview)


def _seconds(command: Callable[[], Outcome]) -> float:
    start = time.perf_counter()
    succeeded(command())
    return time.perf_counter() - start


def _cell(pairs: list[tuple[float, float]]) -> str:
    seconds = statistics.median(value for value, _ in pairs)
    ratio = statistics.median(value / floor for value, floor in pairs)
    return f"{seconds:.1f} s ({ratio:.1f})"


if __name__ == "__main__":
    main()
