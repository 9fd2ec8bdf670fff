"""What a preview costs against the import floor, measured in one run: `make bench`.

The floor is a process that only imports the SDK modules that the program touches; no preview can be faster. Both are
run in turn, because the speed of a machine drifts, and the ratio is taken pair by pair.
"""

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

from capture import capture_stack, read_stack_file
from tests.support import ROOT, STACK_FILES, STACKS, variant

PAIRS = 5
"""Pairs of runs; the median is printed."""


@dataclass(frozen=True)
class Cost:
    """One finished process."""

    seconds: float
    peak_mib: float


def main() -> None:
    """Prints a table: floor, preview, ratio and memory for each stack, then the time of a further variant."""
    modules = touched_modules()
    print(f"SDK modules touched: {len(modules)}")
    print(f"{'stack':<12}{'resources':>10}{'floor s':>10}{'preview s':>11}{'ratio':>8}{'peak MiB':>10}")
    for stack in STACKS:
        print(_row(stack, modules), flush=True)
    print(f"one more variant in the same process: {_variant_seconds():.2f} s")


def _row(stack: str, modules: list[str]) -> str:
    resources = len(capture_stack(ROOT, read_stack_file(STACK_FILES, stack)).resources)
    floor = floor_command(modules)
    pairs = [(run(floor), run([sys.executable, "-m", "preview", stack])) for _ in range(PAIRS)]
    floor_seconds = statistics.median(floor.seconds for floor, _ in pairs)
    preview = statistics.median(preview.seconds for _, preview in pairs)
    ratio = statistics.median(preview.seconds / floor.seconds for floor, preview in pairs)
    peak = max(preview.peak_mib for _, preview in pairs)
    return f"{stack:<12}{resources:>10}{floor_seconds:>10.2f}{preview:>11.2f}{ratio:>8.2f}{peak:>10.0f}"


def floor_command(modules: list[str]) -> list[str]:
    """A process that only imports."""
    touch = "; ".join(f"hasattr({module}, '_')" for module in modules)
    return [sys.executable, "-c", f"import pulumi, pulumi_aws, pulumi_gcp; {touch}"]


def touched_modules() -> list[str]:
    """Every subpackage of the SDKs that running the program loads."""
    for stack in STACKS:
        capture_stack(ROOT, read_stack_file(STACK_FILES, stack))
    # Subpackages load lazily: one that is really loaded has modules of its own.
    loaded = (name.split(".") for name in sys.modules if name.startswith(("pulumi_aws.", "pulumi_gcp.")))
    return sorted({".".join(parts[:2]) for parts in loaded if len(parts) > 2})


def run(command: list[str]) -> Cost:
    """Runs a process to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}; nothing was measured")
    return Cost(seconds, usage.ru_maxrss / 1024)


def _variant_seconds() -> float:
    """Median time of a changed staging stack, captured after others in this process."""
    times: list[float] = []
    for number in range(PAIRS):
        start = time.perf_counter()
        variant("staging", {"network.flowLogs.sampling": 0.2 + number / 10})
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    main()
