"""What make lab shows while machines boot: rewritten on a terminal, one line for each change elsewhere."""

import io

import pytest

from lab.session.state import MachineState, Phase
from lab.session.table import Progress, table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)


def machine(name: str, phase: Phase, task: str = "") -> MachineState:
    return MachineState(name, "database-pair", "gcp", "10.16.15.252", public="-", phase=phase, task=task)


def test_without_a_terminal_a_line_tells_each_change_and_nothing_twice() -> None:
    file = io.StringIO()
    progress = Progress(file)
    for seconds, phase in enumerate([Phase.BOOTS, Phase.BOOTS, Phase.CONVERGES, Phase.CONVERGED]):
        progress.show([machine("pg-a", phase), machine("pg-b", Phase.BOOTS)], seconds)

    words = [line.split(maxsplit=2)[2] for line in file.getvalue().splitlines()]
    assert words == ["pg-a  boots", "pg-b  boots", "pg-a  converges", "pg-a  converged"]
    assert "\033" not in file.getvalue()


def test_on_a_terminal_the_lines_are_rewritten_and_name_the_task() -> None:
    file = Terminal()
    progress = Progress(file)
    progress.show([machine("pg-a", Phase.BOOTS)], 1)
    progress.show([machine("pg-a", Phase.CONVERGES, "base : Install")], 2)
    progress.clear()

    assert "base : Install" in file.getvalue()
    assert file.getvalue().count("\033[2A\033[J") == 2, "each time both lines are taken away"


def test_who_wants_no_colour_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    file = Terminal()
    Progress(file).show([machine("pg-a", Phase.BOOTS)], 1)

    assert "\033" not in file.getvalue()


def test_the_table_says_how_to_enter_each_machine_of_its_stack() -> None:
    states = [machine("pg-a", Phase.CONVERGED), machine("package-server", Phase.FAILED)]

    assert table(states, "staging", coloured=False)[1].endswith("converged        make lab-shell MACHINE=pg-a")
    assert table(states, "production", coloured=False)[2].endswith(
        "make lab-shell STACK=production MACHINE=package-server"
    )
