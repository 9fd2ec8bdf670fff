"""What lab-apply tells: how a run ended, what the lab takes over, and what it does not. Nothing is booted."""

import base64
import json
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace as Namespace
from typing import Any, cast

import pytest

from lab.cli import main
from lab.errors import LabError
from lab.registered import uploaded
from lab.session import changes, converge, run_folder, server, talk
from lab.session.apply import apply, taken_over
from lab.session.changes import not_applied, registered_in
from lab.session.converge import Outcome
from tests.support import ROOT, estate, variant

RUN = """
TASK [base : Put the settings of the journal in place] *******
changed: [localhost]
TASK [base : Look] ****
ok: [localhost]
RUNNING HANDLER [base : Restart journald] *****
changed: [localhost]
TASK [database : Reload] *******
fatal: [localhost]: FAILED! => {"msg": "no"}
"""


def test_changed_tasks_handlers_and_failures_are_told_apart() -> None:
    assert list(converge.results(RUN)) == [
        ("TASK", "base : Put the settings of the journal in place", "changed"),
        ("RUNNING HANDLER", "base : Restart journald", "changed"),
        ("TASK", "database : Reload", "fatal"),
    ]


def test_the_end_of_a_failed_run_leaves_out_what_every_run_says() -> None:
    said = '{"event": "started", "role": "x"}\nPLAY [A host] ***\nincluded: tasks/install.yml for localhost\n\n'
    error = "[ERROR]: couldn't resolve module/action 'apt'"

    assert converge.last_words(f'{said}TASK [base : Install] ***\n{error}\n{{"event": "finished"}}') == (
        f"TASK [base : Install] ***\n{error}"
    )


def difference(settings: Mapping[str, object], machines: tuple[str, ...]) -> dict[str, set[str]]:
    """Groups of what a lab of these machines does not take over, with the last names of the URNs."""
    before, now = estate("staging"), variant("staging", settings)
    documents = [address for address in uploaded(before) if address.split("/")[-2] in machines]
    applied = taken_over(uploaded(now), documents)
    found: dict[str, set[str]] = {}
    for each in not_applied(registered_in(before), registered_in(now), applied):
        found.setdefault(each.group, set()).add(f"{each.kind} {each.urn.rpartition('::')[2]}")
    return found


def test_a_stack_file_that_says_the_same_leaves_nothing_to_apply() -> None:
    assert difference({}, ("pg-a", "pg-b")) == {}


def test_the_document_of_a_machine_that_is_up_is_taken_over_and_that_of_another_is_told() -> None:
    window = {"databasePair.gcp.maintenanceWindow": {"day": "Fri", "start": "03:00", "minutes": 60}}

    assert difference(window, ("pg-a",)) == {}
    assert difference(window, ("pg-b",)) == {"objects of machines that are not up": {"changed pg-a-document"}}


def test_a_firewall_is_told_and_not_taken_over() -> None:
    told = difference({"devInstance.gitSsh.allowedCidrs": ["192.0.2.0/24"]}, ("dev-instance",))

    assert told == {"firewalls": {"changed dev-instance-git-ssh"}}


def test_a_new_machine_is_told_with_its_identity() -> None:
    told = difference({"runnerFleet.awsManagers.untrusted.colours": {"blue": "serving", "green": "serving"}}, ())

    assert "new runner-manager-aws-green" in told["machines"]
    assert any(name.startswith("new ") for name in told["identities"])
    assert any("green" in name for name in told["firewalls"])


def test_every_group_is_that_of_something_registered() -> None:
    types = {entry.type for entry in estate("production").registrations}

    assert [name for name, pattern in changes.GROUPS if not any(map(pattern.search, types))] == []


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(run_folder, "RUNS", tmp_path / "runs")
    return tmp_path / "runs"


def test_a_second_lab_of_a_stack_is_refused_and_one_of_another_is_not(runs: Path) -> None:
    with run_folder.claimed("staging") as folder, run_folder.claimed("production"):
        assert stat.S_IMODE(runs.stat().st_mode) == stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert run_folder.running() == ["production", "staging"]
        with pytest.raises(LabError, match=r"a lab of staging runs already\. HINT"), run_folder.claimed("staging"):
            pass

    assert run_folder.running() == []
    assert list(runs.iterdir()) == []


def test_the_folder_of_a_killed_lab_is_taken_away(runs: Path) -> None:
    (runs / "staging").mkdir(parents=True)
    (runs / "staging" / "socket").touch()

    assert run_folder.running() == []
    assert list(runs.iterdir()) == []


@pytest.mark.usefixtures("runs")
def test_answers_come_one_by_one_and_an_error_is_raised_where_it_was_asked_for() -> None:
    def answer(question: talk.Message) -> list[talk.Message]:
        if question["command"] == "wrong":
            raise LabError("no")
        return [{"number": 1}, {"number": 2}]

    with run_folder.claimed("staging") as folder:
        door = talk.Door(folder / "socket", answer)
        assert stat.S_IMODE((folder / "socket").stat().st_mode) == 0o600
        assert list(talk.ask(folder / "socket", {"command": "right"})) == [{"number": 1}, {"number": 2}]
        with pytest.raises(LabError, match="no"):
            list(talk.ask(folder / "socket", {"command": "wrong"}))
        door.close()

    with pytest.raises(LabError, match=r"no lab of staging runs\. HINT: make lab STACK=staging"):
        list(talk.ask(folder / "socket", {"command": "right"}))


@pytest.fixture
def answers(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[talk.Message]]:
    """What a lab of staging says to `apply`; it has one machine, and began with another document of its peer."""
    assert runs
    monkeypatch.setattr("lab.session.needs.check", lambda: None)
    before = variant("staging", {"databasePair.aws.maintenanceWindow": {"day": "Fri", "start": "03:00", "minutes": 60}})
    (document,) = (address for address in uploaded(before) if address.split("/")[-2] == "pg-a")
    registered = {urn: asdict(entry) for urn, entry in registered_in(before).items()}
    said: list[talk.Message] = []

    def answer(question: talk.Message) -> list[talk.Message]:
        if question["command"] == "registered":
            return [{"registered": registered, "documents": {"pg-a": document}}]
        return said if question["command"] == "apply" else []

    with run_folder.claimed("staging") as folder:
        door = talk.Door(folder / "socket", answer)
        yield said
        door.close()


FINE = Outcome("pg-a", succeeded=True, changed=["x"], handlers=[], restarted=[], started=[], failed=[], words="")


def test_apply_counts_in_words_and_names_machines_that_are_not_up(
    answers: list[talk.Message], capsys: pytest.CaptureFixture[str]
) -> None:
    answers.extend([{"begun": ["pg-a"]}, {"outcome": asdict(FINE), "seconds": 3}])

    assert apply(estate("staging"), now=False) == 0
    said = capsys.readouterr().out
    assert "\n1 machine converged anew, 0 failed: 1 task changed, 0 units restarted\n" in said
    assert said.endswith("objects of machines that are not up: pg-b-document\n")


def test_a_lab_that_ends_while_it_applies_is_no_success(answers: list[talk.Message]) -> None:
    answers.append({"begun": ["pg-a"]})

    with pytest.raises(LabError, match=r"the lab of staging ended before it had answered\. HINT: make lab"):
        apply(estate("staging"), now=False)


@pytest.mark.usefixtures("answers")
def test_a_lab_that_ends_while_it_is_asked_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shell", "staging", "pg-a"]) == 1
    assert capsys.readouterr().err == "the lab of staging ended before it had answered. HINT: make lab STACK=staging\n"


class Stub:
    """A machine as far as apply asks for it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cloud = Namespace(bucket=Namespace(objects={name: b"same"}))


def unchanged(content: bytes) -> bytes:
    return content


def done_at_once(machine: Stub, *, now: bool) -> Outcome:
    return replace(FINE, machine=machine.name, handlers=["now"] if now else [])


@pytest.mark.parametrize(
    ("changed", "failed", "now", "begun"),
    [
        ("", "", 0, []),
        ("pg-a", "", 0, ["pg-a"]),
        ("", "pg-b", 0, ["pg-b"]),
        ("", "", 1, ["pg-a", "pg-b"]),
    ],
)
def test_what_changed_and_what_failed_before_converges_and_everything_with_now(
    changed: str, failed: str, now: int, begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["pg-a", "pg-b"]

    def has_failed(machine: Stub) -> bool:
        return machine.name == failed

    lab = Namespace(
        machines={name: Stub(name) for name in names},
        places={name: Namespace(document=name) for name in names},
        values=Namespace(in_place=unchanged),
    )
    session: Any = server.Session(cast("Any", lab))
    session._boots = Namespace(done=lambda: True)
    monkeypatch.setattr(server, "has_failed", has_failed)
    monkeypatch.setattr(server, "converge", done_at_once)
    contents = {name: b"other" if name == changed else b"same" for name in names}
    objects = {name: base64.b64encode(content).decode() for name, content in contents.items()}

    first, *others = session.answer({"command": "apply", "objects": objects, "now": now})

    assert first == {"begun": begun}
    assert sorted(each["outcome"]["machine"] for each in others) == begun
    assert all(each["outcome"]["handlers"] == ["now"] * now for each in others)


@pytest.mark.parametrize("arguments", [["apply", "staging"], ["up", "staging"]])
def test_whoever_presses_ctrl_c_sees_no_traceback(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lab.session.needs.check", interrupted)

    assert main(arguments) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_program_of_the_host_that_fails_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing() -> None:
        raise RuntimeError("mmdebstrap: no mirror")

    monkeypatch.setattr("lab.session.needs.check", failing)

    assert main(["status"]) == 1
    assert capsys.readouterr().err == "mmdebstrap: no mirror\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["up", "stagin"], "Pulumi.stagin.yaml: no such stack. HINT: one of production, staging\n"),
        (["up", "staging", "--machines", "pga"], "there is no machine 'pga' in staging. HINT: pg-a\n"),
        (["up", "staging", "--machines", "pg-a, pgb"], "there is no machine 'pgb' in staging. HINT: pg-b\n"),
        (["apply", "staging"], "no lab of staging runs. HINT: make lab STACK=staging\n"),
        (["shell", "staging", "pg-a"], "no lab of staging runs. HINT: make lab STACK=staging\n"),
    ],
)
@pytest.mark.usefixtures("runs")
def test_what_cannot_be_done_is_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.session.needs.check", lambda: None)

    assert main(arguments) == 1
    assert capsys.readouterr() == ("", said)


def missing_program(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    def which(name: str, path: str) -> str | None:
        assert path
        return None if name == missing else name

    monkeypatch.setattr("shutil.which", which)


def test_a_host_that_cannot_be_a_lab_is_told_what_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    missing_program(monkeypatch, "nginx")

    assert main(["status"]) == 1
    assert capsys.readouterr().err == "a lab needs nginx. HINT: make machine-tools, as root on Debian\n"


def test_somebody_who_is_not_root_is_told_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    missing_program(monkeypatch, "")
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    assert main(["status"]) == 1
    assert capsys.readouterr().err == "a lab needs root, for machines and networks of its own. HINT: sudo make lab\n"


@pytest.mark.usefixtures("runs")
def test_a_lab_that_ends_in_the_middle_of_an_answer_is_told_and_not_taken_for_done() -> None:
    def answer(_: talk.Message) -> Iterator[talk.Message]:
        yield {"changed": ["pg-a"]}
        raise BrokenPipeError

    with run_folder.claimed("staging") as folder:
        door = talk.Door(folder / "socket", answer)
        answers = talk.ask(folder / "socket", {"command": "apply"})
        assert next(answers) == {"changed": ["pg-a"]}
        with pytest.raises(LabError, match=r"the lab of staging ended before it had answered\. HINT"):
            next(answers)
        door.close()


@pytest.mark.usefixtures("runs")
def test_a_lab_that_has_no_machines_yet_hides_no_other_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.session.needs.check", lambda: None)
    monkeypatch.setattr("lab.cli.sweep", lambda: 0)
    with run_folder.claimed("production"), run_folder.claimed("staging"):
        assert main(["status"]) == 0

    none = "has no machines yet, or no more"
    assert capsys.readouterr().out.splitlines() == ["production", none, "staging", none]


@pytest.mark.parametrize("names", [",", " ", ""])
def test_names_of_no_machine_are_not_all_machines(
    names: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.session.needs.check", lambda: None)

    assert main(["up", "staging", "--machines", names]) == 1
    assert "names no machine. HINT" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["lab", "MACHINES=pg-a, pg-b"], ["up", "staging", "--machines", "pg-a, pg-b"]),
        (["lab-shell", 'MACHINE=x"; touch planted; "'], ["shell", "staging", 'x"; touch planted; "']),
        (["lab-shell", "MACHINE=a", "CMD=$x"], ["shell", "staging", "a", "--command", "$x"]),
    ],
)
def test_what_make_is_given_reaches_the_lab_as_it_is(words: list[str], wanted: list[str], tmp_path: Path) -> None:
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt", ".venv/.installed"):
        (tmp_path / name).touch()
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab/__main__.py").write_text("import json, sys\nprint(json.dumps(sys.argv[1:]))\n")
    command = ["make", "--silent", "--no-print-directory", "--file", str(ROOT / "Makefile"), "STACK=staging", *words]

    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)

    assert json.loads(done.stdout.splitlines()[-1]) == wanted
    assert not (tmp_path / "planted").exists()
