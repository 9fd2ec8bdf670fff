"""Tables and progress of a lab: rewritten in place and in colour on a terminal, plain lines elsewhere."""

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TextIO

from lab.session.state import AGAIN, MachineState, Phase

COLOURS = {Phase.CONVERGED: 32, Phase.FAILED: 31, Phase.DOWN: 31, Phase.CONVERGES: 33, Phase.BOOTS: 33}
HEADINGS = ("machine", "role", "cloud", "address", "public", "state", "enter")
STATE = HEADINGS.index("state")
BETWEEN = "  "
DEFAULT_STACK = "staging"
"""STACK of the Makefile."""


def is_terminal(file: TextIO) -> bool:
    """Whether lines may be coloured and rewritten there."""
    return file.isatty() and "NO_COLOR" not in os.environ


def entrance(name: str, stack: str) -> str:
    """The command that opens a shell on a machine."""
    return f"make lab-shell {'' if stack == DEFAULT_STACK else f'STACK={stack} '}MACHINE={name}"


def terminal_width(file: TextIO) -> int | None:
    """Columns of a terminal; None for a file, whose lines may have any length."""
    return shutil.get_terminal_size().columns if file.isatty() else None


def table(states: Sequence[MachineState], stack: str, *, coloured: bool, width: int | None = None) -> list[str]:
    """One line for each machine below a heading. Where that is too wide, how to enter them stands once, at the end."""
    rows = [HEADINGS, *(_row(state, stack) for state in states)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    is_narrow = width is not None and sum(widths) + len(BETWEEN) * (len(widths) - 1) > width
    lines: list[str] = []
    for state, row in zip((None, *states), rows, strict=True):
        cells = [word.ljust(wide) for word, wide in zip(row, widths, strict=True)]
        if coloured and state is not None:
            cells[STATE] = f"\033[{COLOURS[state.phase]}m{cells[STATE]}\033[0m"
        lines.append(BETWEEN.join(cells[:-1] if is_narrow else cells).rstrip())
    if is_narrow:
        lines.append(f"Enter one: {entrance(states[0].name, stack)}")
    return [*lines, *(_failure(state, stack) for state in states if state.phase is Phase.FAILED)]


def _failure(state: MachineState, stack: str) -> str:
    look = f'{entrance(state.name, stack)} CMD="journalctl -u packyard-converge -e --no-pager"'
    return f"{state.name} failed: {state.task}. HINT: {look}"


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
        self._told: dict[str, str] = {}

    def show(self, states: Sequence[MachineState], seconds: float) -> None:
        """The present state, after so many seconds."""
        if self._in_place:
            self.clear()
            width = max(len(state.name) for state in states)
            # A line that the terminal wraps would be two to take away.
            room = shutil.get_terminal_size().columns - 1
            lines = [f"{seconds:5.0f} s"]
            lines += [self._line(state, width, room) for state in states]
            self._file.write("\n".join(lines) + "\n")
            self._lines = len(lines)
        else:
            for state in states:
                told = f"{state.phase}{'' if AGAIN not in state.task else state.task[state.task.index(AGAIN) :]}"
                if self._told.get(state.name) != told:
                    self._told[state.name] = told
                    self._file.write(f"{seconds:5.0f} s  {state.name}  {told}\n")
        self._file.flush()

    def clear(self) -> None:
        """Takes away what was shown in place."""
        if self._lines:
            self._file.write(f"\033[{self._lines}A\033[J")
            self._lines = 0

    @staticmethod
    def _line(state: MachineState, width: int, room: int) -> str:
        before = f"  {state.name:{width}}  "
        task = f"  {state.task}"[: max(0, room - len(before) - len(state.phase.value))]
        return f"{before}\033[{COLOURS[state.phase]}m{state.phase.value}\033[0m{task}"
