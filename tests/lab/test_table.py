"""What make lab shows while machines boot: rewritten on a terminal, one line for each change elsewhere."""

import io
import re

import pytest

from lab.session.state import MachineState, Phase, read
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


FINISHED = '{"event": "finished", "status": 2, "failed_tasks": ["notice : Write what is shown"]}'


@pytest.mark.parametrize(
    ("answer", "phase", "task"),
    [
        ("inactive\n", Phase.BOOTS, ""),
        ("activating\nTASK [base : Install] ***\n", Phase.CONVERGES, "base : Install"),
        ("inactive\npackyard_converge_last_run_success 1\n", Phase.CONVERGED, ""),
        (f"failed\npackyard_converge_last_run_success 0\n{FINISHED}", Phase.FAILED, "notice : Write what is shown"),
        ("failed\npackyard_converge_last_run_success 0\n", Phase.FAILED, "before or beside its tasks"),
        (
            f"activating\npackyard_converge_last_run_success 0\nTASK [base : Install] ***\n{FINISHED}",
            Phase.CONVERGES,
            "base : Install (again; failed: notice : Write what is shown)",
        ),
    ],
)
def test_a_run_that_failed_is_told_with_its_task_also_while_the_next_one_runs(
    answer: str, phase: Phase, task: str
) -> None:
    assert read(answer) == (phase, task)


def test_a_machine_that_failed_is_told_with_the_command_that_shows_why() -> None:
    lines = table([machine("pg-a", Phase.FAILED, "base : Install")], "staging", coloured=False)

    look = 'make lab-shell MACHINE=pg-a CMD="journalctl -u packyard-converge -e --no-pager"'
    assert lines[-1] == f"pg-a failed: base : Install. HINT: {look}"


def test_no_line_of_the_progress_is_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    file = Terminal()
    Progress(file).show([machine("pg-a", Phase.CONVERGES, "base : A task whose name is long enough for two lines")], 1)

    shown = re.sub(r"\033\[\d+m", "", file.getvalue())
    assert "base : A task" in shown
    assert max(map(len, shown.splitlines())) < 40


def test_a_table_that_a_terminal_would_wrap_says_once_how_to_enter() -> None:
    states = [machine("pg-a", Phase.CONVERGED), machine("pg-b", Phase.CONVERGED)]
    lines = table(states, "staging", coloured=False, width=80)

    assert max(map(len, lines)) <= 80
    assert lines[-1] == "Enter one: make lab-shell MACHINE=pg-a"
    assert table(states, "staging", coloured=False, width=200) == table(states, "staging", coloured=False)


def test_the_table_says_how_to_enter_each_machine_of_its_stack() -> None:
    states = [machine("pg-a", Phase.CONVERGED), machine("package-server", Phase.FAILED)]

    assert table(states, "staging", coloured=False)[1].endswith("converged        make lab-shell MACHINE=pg-a")
    assert table(states, "production", coloured=False)[2].endswith(
        "make lab-shell STACK=production MACHINE=package-server"
    )
