"""`make cloud-up` does what was shown: with a stand-in for the CLI that writes down what it is asked to do."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from preview.engine_plan import read_plan
from preview.shown_plan import ASSET, differences, read_shown, shown
from tests.pipelines.test_pipelines import gitlab, workflow
from tests.support import ROOT, STACKS

CLI = """#!/bin/sh
echo "$@" >> {folder}/asked
for word in "$@"; do
    test "$before" != --save-plan || {{ echo SECRET > "$word"; stat -c %a "$(dirname "$word")" >> {folder}/modes; }}
    test "$before" != --plan || cat "$word" >> {folder}/used
    before=$word
done
test "$1" != preview || cat {folder}/answer
"""
"""Stands for the CLI: answers a preview, leaves a plan with a secret where it is told, and does nothing else."""

URN = "urn:pulumi:staging::packyard::aws:s3/bucket:Bucket::packages"
BUCKET: dict[str, Any] = {"urn": URN, "inputs": {"bucket": "packages", "size": 50}, "protect": True}


def answer(*steps: dict[str, Any], **more: Any) -> str:
    return json.dumps({"steps": list(steps), "changeSummary": {}, **more})


def step_needing(needed: dict[str, Any]) -> dict[str, Any]:
    return {"op": "update", "urn": URN, "oldState": BUCKET, "newState": {**BUCKET, **needed}}


def step(operation: str = "update", urn: str = URN, **changes: Any) -> dict[str, Any]:
    return {"op": operation, "urn": urn, "oldState": BUCKET, "newState": {**BUCKET, **changes}, "diffReasons": ["size"]}


@dataclass(frozen=True)
class Desk:
    """A folder in which make is called with the stand-in on the path."""

    folder: Path

    def make(self, target: str, said: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        (self.folder / "answer").write_text(said, encoding="utf-8")
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PULUMI"))},
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "TMPDIR": str(self.folder / "temporary"),
        }
        command = ["make", "--no-print-directory", "-o", "setup", "-o", ".venv/.installed", target, "STACK=staging"]
        return subprocess.run(
            [*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    def changed(self) -> list[str]:
        asked = self.folder / "asked"
        return [line for line in asked.read_text().splitlines() if line.startswith("up")] if asked.is_file() else []


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "temporary").mkdir()
    (tmp_path / "pulumi").write_text(CLI.format(folder=tmp_path), encoding="utf-8")
    (tmp_path / "pulumi").chmod(0o755)
    return Desk(tmp_path)


def test_up_runs_the_plan_that_was_shown_and_leaves_none_of_it_behind(desk: Desk) -> None:
    kept = desk.folder / "shown.json"
    assert desk.make("cloud-preview", answer(step()), f"SHOWN={kept}").returncode == 0
    done = desk.make("cloud-up", answer(step()), f"SHOWN={kept}")

    assert done.returncode == 0, done.stderr
    [words] = desk.changed()
    assert "--plan" in words
    assert (desk.folder / "used").read_text() == "SECRET\n", "the engine holds itself to the plan of this very job"
    assert (desk.folder / "modes").read_text().split() == ["700"]
    assert list((desk.folder / "temporary").iterdir()) == [], "a plan is never left in a job's folder"
    assert "packages" not in kept.read_text().replace(URN, ""), "no value is kept"


@pytest.mark.parametrize(
    "now",
    [
        answer(),
        answer(step(), step("create", f"{URN}-2")),
        answer(step("delete")),
        answer(step(inputs={"bucket": "packages", "size": 60})),
        answer(step(protect=False)),
        answer(step(), diagnostics=[{"severity": "error", "message": "refused"}]),
        "no answer",
    ],
    ids=["nothing", "one more", "another kind", "another value", "protection off", "the engine fails", "no JSON"],
)
def test_up_changes_nothing_where_the_plan_is_not_the_shown_one(desk: Desk, now: str) -> None:
    kept = desk.folder / "shown.json"
    desk.make("cloud-preview", answer(step()), f"SHOWN={kept}")
    done = desk.make("cloud-up", now, f"SHOWN={kept}")

    assert done.returncode != 0
    assert desk.changed() == []
    assert list((desk.folder / "temporary").iterdir()) == []


@pytest.mark.parametrize("kept", ["", "{}", '{"version": 9}', '{"version": 1, "steps": [], "digest": ""}'])
def test_up_changes_nothing_without_a_shown_plan(desk: Desk, kept: str) -> None:
    file = desk.folder / "shown.json"
    file.write_text(kept, encoding="utf-8")

    assert desk.make("cloud-up", answer(), f"SHOWN={file}").returncode != 0
    assert desk.make("cloud-up", answer(), f"SHOWN={file}-missing").returncode != 0
    assert desk.make("cloud-up", answer()).returncode != 0
    assert desk.changed() == []


NEEDED = {"dependencies": ["a", "b"], "propertyDependencies": {"size": ["a", "b"]}}


@pytest.mark.parametrize(
    "changes",
    [
        {"stackTrace": ["elsewhere"], "modified": "now", "sourcePosition": "project:///a.py#1"},
        {"dependencies": ["b", "a"]},
        {"propertyDependencies": {"size": ["b", "a"]}},
    ],
    ids=["where and when", "order of dependencies", "order of a property's dependencies"],
)
def test_where_a_job_runs_and_when_makes_no_difference(changes: dict[str, Any]) -> None:
    other = f"{URN}-2"
    one = shown(read_plan(answer(step_needing(NEEDED), step(urn=other), step("same", f"{URN}-3"))), "staging")
    two = shown(read_plan(answer(step(urn=other), step_needing({**NEEDED, **changes}))), "staging")

    assert list(differences(one, two)) == []


def test_an_uploaded_file_counts_by_its_digest_and_not_by_its_folder() -> None:
    def uploaded(path: str, digest: str) -> Any:
        return shown(read_plan(answer(step(inputs={"source": {ASSET: "c", "path": path, "hash": digest}}))), "staging")

    assert list(differences(uploaded("/builds/1", "a"), uploaded("/builds/2", "a"))) == []
    assert list(differences(uploaded("/builds/1", "a"), uploaded("/builds/1", "b")))


def test_a_plan_of_another_stack_is_another_plan() -> None:
    one, two = (shown(read_plan(answer()), stack) for stack in ("staging", "production"))

    assert list(differences(read_shown(one.text()), two))


@pytest.mark.parametrize("stack", STACKS)
def test_each_up_is_given_what_the_plan_before_it_kept(stack: str) -> None:
    plan, up = gitlab()[f"plan {stack}"], gitlab()[f"up {stack}"]
    [file] = plan["artifacts"]["paths"]
    assert f"SHOWN={file}" in " ".join(plan["script"])
    assert f"SHOWN={file}" in " ".join(up["script"])
    assert up["needs"] == [f"plan {stack}"]
    jobs = workflow("deploy")["jobs"]
    kept, given = jobs[f"{stack}-plan"]["steps"], jobs[f"{stack}-up"]["steps"]
    [artifact] = [entry["with"] for entry in kept if "upload-artifact" in entry.get("uses", "")]
    [taken] = [entry["with"] for entry in given if "download-artifact" in entry.get("uses", "")]
    assert taken["name"] == artifact["name"]
    assert any(f"SHOWN={artifact['path']}" in entry.get("run", "") for entry in kept)
    assert any(f"shown/{artifact['path']}" in entry.get("run", "") for entry in given)
