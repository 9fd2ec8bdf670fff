"""The project that the lab stands in, and what its stack files register."""

from functools import cache
from pathlib import Path

from capture import Capture, capture_stack, read_stack_file

ROOT = Path(__file__).resolve().parent.parent
"""The folder of the program."""


@cache
def registered(stack: str) -> Capture:
    """Everything that a stack file registers; captured once in a process."""
    return capture_stack(ROOT, read_stack_file(ROOT, stack))
