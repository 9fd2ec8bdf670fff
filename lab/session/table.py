"""Tables and progress of a lab: rewritten in place and in colour on a terminal, plain lines elsewhere."""

import os
import sys
from collections.abc import Sequence
from typing import TextIO

from lab.session.state import MachineState, Phase

COLOURS = {Phase.CONVERGED: 32, Phase.FAILED: 31, Phase.DOWN: 31, Phase.CONVERGES: 33, Phase.BOOTS: 33}
HEADINGS = ("machine", "role", "cloud", "address", "public", "state", "enter")
DEFAULT_STACK = "staging"
"""STACK of the Makefile."""


def is_terminal(file: TextIO) -> bool:
    """Whether lines may be coloured and rewritten there."""
    return file.isatty() and "NO_COLOR" not in os.environ


def entrance(name: str, stack: str) -> str:
    """The command that opens a shell on a machine."""
    return f"make lab-shell {'' if stack == DEFAULT_STACK else f'STACK={stack} '}MACHINE={name}"


def table(states: Sequence[MachineState], stack: str, *, coloured: bool) -> list[str]:
    """One line for each machine below a heading."""
    rows = [_row(state, stack) for state in states]
    widths = [max(len(row[column]) for row in (HEADINGS, *rows)) for column in range(len(HEADINGS))]
    lines = ["  ".join(word.ljust(width) for word, width in zip(HEADINGS, widths, strict=True)).rstrip()]
    for state, row in zip(states, rows, strict=True):
        cells = [word.ljust(width) for word, width in zip(row, widths, strict=True)]
        if coloured:
            cells[5] = f"\033[{COLOURS[state.phase]}m{cells[5]}\033[0m"
        lines.append("  ".join(cells).rstrip())
    return lines


def _row(state: MachineState, stack: str) -> tuple[str, ...]:
    return (
        state.name,
        state.role,
        state.cloud,
        state.address,
        state.public,
        state.phase.value,
        entrance(state.name, stack),
    )


class Progress:
    """What machines do while they boot."""

    def __init__(self, file: TextIO = sys.stdout) -> None:
        self._file = file
        self._in_place = is_terminal(file)
        self._lines = 0
        self._told: dict[str, Phase] = {}

    def show(self, states: Sequence[MachineState], seconds: float) -> None:
        """The present state, after so many seconds."""
        if self._in_place:
            self.clear()
            width = max(len(state.name) for state in states)
            lines = [f"{seconds:5.0f} s"]
            lines += [f"  {state.name:{width}}  {self._phase(state)}  {state.task}"[:120] for state in states]
            self._file.write("\n".join(lines) + "\n")
            self._lines = len(lines)
        else:
            for state in states:
                if self._told.get(state.name) != state.phase:
                    self._told[state.name] = state.phase
                    self._file.write(f"{seconds:5.0f} s  {state.name}  {state.phase}\n")
        self._file.flush()

    def clear(self) -> None:
        """Takes away what was shown in place."""
        if self._lines:
            self._file.write(f"\033[{self._lines}A\033[J")
            self._lines = 0

    @staticmethod
    def _phase(state: MachineState) -> str:
        return f"\033[{COLOURS[state.phase]}m{state.phase.value}\033[0m"
