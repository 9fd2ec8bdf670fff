"""The preview as a command: what it prints, how it ends, and what it says to bad input."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from capture import Capture
from policies import Violation
from preview.cli import main
from preview.compare import Change, Comparison, Step
from preview.component_graph import component_graph
from preview.document import VERSION, document
from preview.mermaid import mermaid
from preview.render import render
from preview.report import Against, Report, make_report
from tests.support import ROOT, STACKS, estate

PROGRAM = """
import pulumi

class Thing(pulumi.CustomResource):
    def __init__(self, name, kind="test:index:Thing", **inputs):
        super().__init__(kind, name, inputs)
"""

Run = Callable[..., tuple[int, str, str]]


def no_violations(_capture: Capture) -> tuple[Violation, ...]:
    return ()


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in a small project, and gives exit code, output and errors."""
    # The policies are those of the real estate; a resource of three words breaks most of them.
    monkeypatch.setattr("preview.report.check", no_violations)
    (tmp_path / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)

    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments, root=tmp_path)
        output, errors = capfd.readouterr()
        return code, output, errors

    return command


def write_program(folder: Path, lines: str) -> None:
    (folder / "__main__.py").write_text(PROGRAM + lines)


def commit(folder: Path, message: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    for command in (["init", "--quiet"], ["add", "--all"], [*identity, "commit", "--quiet", "--message", message]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)


def shown(report: Report, width: int, *, full: bool = False) -> str:
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        render(report, full=full, console=console)
    return captured.get()


def invented(capture: Capture) -> set[str]:
    """Ids, links and addresses that no cloud gave. The program builds some ARNs itself, and those are true."""
    kinds = ("id", "selfLink", "address", "publicIp")
    return {value for values in capture.invented.values() for value, output in values.items() if output in kinds}


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("width", [80, 120])
def test_the_whole_estate_fits_a_terminal_and_no_line_ends_in_blanks(stack: str, width: int) -> None:
    text = shown(make_report(estate(stack)), width)
    assert text.startswith(stack)
    assert "No cloud was asked" in text
    assert [line for line in text.splitlines() if len(line) > width or line != line.rstrip()] == []
    for component in (entry for entry in estate(stack).registrations if not entry.custom and entry.parent):
        assert component.name in text


def test_every_resource_is_in_the_full_output_with_its_line() -> None:
    capture = estate("staging")
    text = shown(make_report(capture), 200, full=True)
    missing = [entry.urn for entry in capture.resources if f"{entry.name}  " not in text or entry.source not in text]
    assert missing == []


def test_no_invented_value_is_shown() -> None:
    capture = estate("staging")
    text = shown(make_report(capture), 200, full=True)
    assert [value for value in invented(capture) if value in text] == []


def test_a_lost_stateful_resource_leads_the_output_and_decides_the_exit_code() -> None:
    capture = estate("staging")
    disk = capture.of_type("gcp:compute/disk:Disk")[0]
    loss = Comparison((Change(Step.DELETE, disk),), (), ())
    report = make_report(capture, Against("main", "0123456789", exists=True, comparison=loss))
    assert report.exit_code == 3
    lines = [line for line in shown(report, 80).splitlines() if line]
    assert lines[0] == "1 stateful resource would be lost"
    assert disk.name in lines[1]
    assert "Exit code 3" in lines[-1]


def test_a_violated_policy_decides_the_exit_code_where_nothing_is_lost() -> None:
    capture = estate("staging")
    disk = capture.of_type("gcp:compute/disk:Disk")[0]
    report = replace(make_report(capture), violations=(Violation("a_promise", disk.urn, "is broken. HINT: mend it"),))
    assert report.exit_code == 2
    text = shown(report, 80)
    assert "a_promise" in text
    assert "is broken. HINT: mend it" in text
    assert "Exit code 2" in text.splitlines()[-1]


@pytest.mark.parametrize("stack", STACKS)
def test_the_document_is_json_with_every_resource_and_no_secret_value(stack: str) -> None:
    capture = estate(stack)
    text = json.dumps(document(make_report(capture)))
    found = json.loads(text)
    assert found["version"] == VERSION
    assert {entry["urn"] for entry in found["resources"]} == {
        entry.urn for entry in capture.registrations if entry is not capture.root
    }
    assert [value for value in invented(capture) if value in text] == []


def test_the_keys_of_the_document_are_those_of_its_version() -> None:
    capture = estate("staging")
    change = Change(Step.DELETE, capture.resources[0])
    against = Against("main", "0123456789", exists=True, comparison=Comparison((change,), (), ()))
    found = document(make_report(capture, against))
    assert VERSION == 1, "HINT: a new version has other keys; write them down here and in docs/preview.md"
    assert set(found) == {
        "version", "note", "project", "stack", "exitCode", "resourceCount", "against", "machines", "groups",
        "openToTheWorld", "secretsToFill", "placeholders", "endingVersions",
        "violations", "outputs", "resources",
    }  # fmt: skip
    assert set(found["against"]) == {
        "revision", "commit", "stackExists", "statefulLosses", "guardLosses", "changes", "renames", "outputs", "paths",
        "bundle", "later", "doors", "abilities",
    }  # fmt: skip
    assert set(found["against"]["changes"][0]) == {
        "step", "urn", "type", "losesState", "losesGuard", "protected", "retained", "properties", "options",
    }  # fmt: skip
    assert set(found["resources"][0]) == {
        "urn", "type", "name", "component", "parent", "provider", "source", "protect", "retainOnDelete",
        "dependencies", "inputs",
    }  # fmt: skip
    documented = (ROOT / "docs" / "preview.md").read_text()
    assert [key for key in (*found, *found["against"], *found["resources"][0]) if f"`{key}`" not in documented] == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_mermaid_text_declares_each_node_once_and_links_only_those(stack: str) -> None:
    text = mermaid(estate(stack))
    assert text.splitlines()[1] == "flowchart LR"
    declared = re.findall(r'^    (n\d+)\["[^"]+"\]$', text, re.MULTILINE)
    assert len(declared) == len(set(declared)) == len(component_graph(estate(stack)).nodes)
    linked = re.findall(r"^  (n\d+) <?--> (n\d+)$", text, re.MULTILINE)
    assert linked
    assert {node for pair in linked for node in pair} <= set(declared)
    assert text.count("  subgraph ") == text.count("\n  end\n")


def test_a_revision_with_the_same_program_shows_no_changes(run: Run, tmp_path: Path) -> None:
    write_program(tmp_path, 'Thing("one", size=1)')
    commit(tmp_path, "first")
    code, output, errors = run("dev", "--against", "HEAD")
    assert (code, errors) == (0, "")
    assert "no changes" in output


def test_each_revision_runs_with_its_own_modules_and_its_own_settings(run: Run, tmp_path: Path) -> None:
    # "settings" is a module of this project too; each revision must import its own.
    (tmp_path / "settings.py").write_text("SIZE = 1\n")
    write_program(
        tmp_path, 'import settings; Thing("one", size=settings.SIZE, word=pulumi.Config("small").get("word"))'
    )
    (tmp_path / "Pulumi.dev.yaml").write_text('config: {"small:word": old}\n')
    commit(tmp_path, "first")
    (tmp_path / "Pulumi.dev.yaml").write_text('config: {"small:word": new}\n')
    write_program(tmp_path, 'Thing("one", size=2, word=pulumi.Config("small").get("word"))')
    code, output, _ = run("dev", "--against", "HEAD", "--json")
    (change,) = json.loads(output)["against"]["changes"]
    assert code == 0
    assert change["step"] == "update"
    assert {found["path"]: (found["old"], found["new"]) for found in change["properties"]} == {
        "size": (1, 2),
        "word": ("old", "new"),
    }


def test_a_deleted_disk_ends_with_three(run: Run, tmp_path: Path) -> None:
    write_program(tmp_path, 'Thing("data", "gcp:compute/disk:Disk")')
    commit(tmp_path, "first")
    write_program(tmp_path, "")
    code, output, _ = run("dev", "--against", "HEAD")
    assert code == 3
    assert "1 stateful resource would be lost" in output


def test_a_revision_without_the_stack_makes_everything_new(run: Run, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").rename(tmp_path / "Pulumi.later.yaml")
    write_program(tmp_path, 'Thing("one")')
    commit(tmp_path, "first")
    (tmp_path / "Pulumi.later.yaml").rename(tmp_path / "Pulumi.dev.yaml")
    code, output, _ = run("dev", "--against", "HEAD")
    assert code == 0
    assert "no such stack, so everything is new" in output


def test_a_revision_that_fails_says_its_own_fault(run: Run, tmp_path: Path) -> None:
    write_program(tmp_path, 'raise KeyError("zone")')
    commit(tmp_path, "first")
    write_program(tmp_path, "")
    code, output, errors = run("dev", "--against", "HEAD")
    assert (code, output) == (1, "")
    assert "__main__.py:" in errors
    assert "KeyError" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("revision", ["nosuch", "--help", "HEAD:__main__.py", ""])
def test_a_revision_that_does_not_exist_is_refused(run: Run, tmp_path: Path, revision: str) -> None:
    commit(tmp_path, "first")
    code, output, errors = run("dev", f"--against={revision}")
    assert (code, output) == (1, "")
    assert errors.startswith(f"--against {revision}: no such revision. HINT: ")


@pytest.mark.parametrize(
    "command",
    [
        ("preview", "staging", "--against", "HEAD"),
        ("preview.comment", "--against", "HEAD"),
        ("tests.mistakes",),
        ("tests.adopted",),
    ],
    ids=lambda command: command[0],
)
def test_a_command_that_needs_git_says_in_one_line_where_there_is_none(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert [line.partition("git is")[2] for line in done.stderr.splitlines()] == [
        " not installed, and this command needs it. HINT: install git"
    ]


def test_a_folder_without_git_is_refused(run: Run) -> None:
    code, _, errors = run("dev", "--against", "HEAD")
    assert code == 1
    assert "no git repository" in errors


def test_no_folder_is_left_behind(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    commit(tmp_path, "first")
    write_program(tmp_path, "raise KeyError")
    assert run("dev", "--against", "HEAD")[0] == 1
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ('raise KeyError("zone")', "__main__.py:7: KeyError: 'zone'. This is a fault of the program"),
        ("nonsense(", "__main__.py:7: '(' was never closed"),
        ('raise pulumi.RunError("Pulumi.dev.yaml: 1 fault")', "Pulumi.dev.yaml: 1 fault"),
        ('pulumi.runtime.invoke("aws:ec2/getAmi:getAmi", {})', "aws:ec2/getAmi:getAmi"),
        ('Thing("twin"); Thing("twin")', "'twin' is registered twice"),
    ],
)
def test_a_fault_of_the_program_is_one_message_with_its_place(
    run: Run, tmp_path: Path, program: str, message: str
) -> None:
    write_program(tmp_path, f"\n{program}".removeprefix("\n"))
    code, output, errors = run("dev")
    assert (code, output) == (1, "")
    assert message in errors
    assert "Traceback" not in errors
    assert len(errors.splitlines()) == 1


def test_the_way_to_a_fault_is_shown_when_asked_for(run: Run, tmp_path: Path) -> None:
    write_program(tmp_path, 'raise KeyError("zone")')
    assert "Traceback" in run("dev", "--traceback")[2]


def test_a_secure_value_is_named_and_nothing_stops(run: Run, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text('config: {"small:word": {"secure": "v1:xyz"}}\n')
    write_program(tmp_path, 'Thing("one", word=pulumi.Config("small").require_secret("word"))')
    code, output, errors = run("dev", "--json")
    assert code == 0
    assert errors == "Pulumi.dev.yaml: small:word: secure, not opened; a placeholder stands there\n"
    assert json.loads(output)["resources"][0]["inputs"] == {"word": "[secret]"}


@pytest.mark.parametrize("stack", ["production", "../dev"])
def test_a_stack_that_does_not_exist_is_refused(run: Run, stack: str) -> None:
    code, output, errors = run(stack)
    assert (code, output) == (1, "")
    assert errors == f"Pulumi.{stack}.yaml: no such stack. HINT: one of dev\n"


def test_a_project_without_its_file_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").unlink()
    code, _, errors = run("dev")
    assert code == 1
    assert errors.startswith("Pulumi.yaml: missing")


def test_a_drawing_is_written_whole_or_not_at_all(run: Run, tmp_path: Path) -> None:
    write_program(tmp_path, 'Thing("one")')
    picture = tmp_path / "estate.svg"
    assert run("dev", "--graph", str(picture))[0] == 0
    ElementTree.parse(picture)  # noqa: S314 -- our own file
    before = sorted(tmp_path.iterdir())
    for unwritable in (tmp_path / "nosuch" / "x.svg", tmp_path):
        code, output, errors = run("dev", "--graph", str(unwritable))
        assert (code, output) == (1, "")
        assert errors.startswith(f"{unwritable}: cannot be written: ")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("arguments", [[], ["dev", "--frobnicate"], ["dev", "--json", "--mermaid"]])
def test_a_wrong_command_line_ends_with_one(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_help_names_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert re.findall(r"^  (\d)  ", capsys.readouterr().out, re.MULTILINE) == ["0", "1", "2", "3"]


def test_the_real_command_prints_plain_text_into_a_pipe_that_may_close() -> None:
    command = [sys.executable, "-m", "preview", "staging"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
    assert first.startswith("staging")
    assert "\x1b" not in first
    assert errors == ""
