"""The pipelines: what runs code of anybody has no rights, what has rights runs no such code, offline jobs run."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from components.ci_identity.aws_federation import SESSION_SECONDS
from components.ci_identity.claims import Purpose
from tests.copies import copy_project
from tests.support import ROOT, STACKS, stack_file_text

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github/actions").glob("*/action.yml"))
PINNED = re.compile(r"uses: (\./\S+|[\w.-]+(?:/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$")
IMAGE = re.compile(r"[a-z0-9./-]+:v?\d[\w.-]*@sha256:[0-9a-f]{64}")
SETTINGS = "platform-settings"
"""The environment that holds the token that reads the platform's settings, and no identity."""
NO_JOBS = ("stages", "workflow", "default", "variables")


@cache
def workflow(name: str) -> dict[str, Any]:
    document = yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text(encoding="utf-8"))
    # YAML 1.1 reads the key `on` as true.
    return {"on" if key is True else key: value for key, value in document.items()}


def jobs_of_github() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path in WORKFLOWS:
        for name, job in workflow(path.stem)["jobs"].items():
            yield path.stem, name, job


@cache
def gitlab() -> dict[str, dict[str, Any]]:
    """Jobs with what they extend; GitLab merges mappings and replaces everything else."""
    document = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    jobs = {name: body for name, body in document.items() if name not in NO_JOBS}
    return {name: _extended(jobs, name) for name in jobs if not name.startswith(".")}


def _extended(jobs: dict[str, Any], name: str) -> dict[str, Any]:
    job: dict[str, Any] = jobs[name]
    bases = job.get("extends", [])
    merged: dict[str, Any] = {}
    for base in [bases] if isinstance(bases, str) else bases:
        merged = _merged(merged, _extended(jobs, base))
    return _merged(merged, {key: value for key, value in job.items() if key != "extends"})


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both: dict[str, Any] = {**one, **other}
    for key in one.keys() & other.keys():
        if isinstance(one[key], dict) and isinstance(other[key], dict):
            both[key] = _merged(one[key], other[key])
    return both


def identity(stack: str) -> dict[str, Any]:
    document = yaml.safe_load(stack_file_text(stack))
    return document["config"]["packyard:ciIdentity"]


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.parent.name + "/" + path.name)
def test_actions_are_pinned_by_hash_with_their_version(path: Path) -> None:
    lines = [line.strip().removeprefix("- ") for line in path.read_text(encoding="utf-8").splitlines()]
    uses = [line for line in lines if line.startswith("uses:")]

    assert uses
    assert [line for line in uses if not PINNED.fullmatch(line)] == []


def images_of_jobs() -> Iterator[tuple[str, str]]:
    """Where an image is named, and how: of jobs, their defaults and their services."""
    document = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    for name, body in {**document, "(all)": document}.items():
        if isinstance(body, dict):
            entries = cast("dict[str, Any]", body)
            for image in (entries.get("image"), *entries.get("services", ())):
                if image is not None:
                    yield name, image["name"] if isinstance(image, dict) else image
    for file, name, job in jobs_of_github():
        for image in (job.get("container"), *job.get("services", {}).values()):
            if image is not None:
                yield f"{file}: {name}", image["image"] if isinstance(image, dict) else image
        for step in job["steps"]:
            if step.get("uses", "").startswith("docker://"):
                yield f"{file}: {name}", step["uses"].removeprefix("docker://")


def test_images_are_pinned_by_digest_with_their_version() -> None:
    named = list(images_of_jobs())
    by_tag = [(name, image) for name, image in named if not IMAGE.fullmatch(image)]

    assert named
    assert by_tag == [(".cloud", image) for _, image in by_tag if image.startswith("pulumi/pulumi-python-")]
    # The exception goes with the first digest: then take it out of this test.
    assert len(by_tag) == 1


@pytest.mark.parametrize("image", ["python", "python:3.12", "python:latest@sha256:abc", f"python@sha256:{'0' * 64}"])
def test_a_tag_alone_and_a_digest_alone_are_no_pin(image: str) -> None:
    assert not IMAGE.fullmatch(image)


def test_nothing_is_allowed_that_a_job_does_not_ask_for() -> None:
    assert all(workflow(path.stem)["permissions"] in ({}, {"contents": "read"}) for path in WORKFLOWS)


def test_no_checkout_leaves_the_token_behind() -> None:
    steps = [step for _, _, job in jobs_of_github() for step in job["steps"] if "checkout" in step.get("uses", "")]

    assert steps
    assert all(step["with"]["persist-credentials"] is False for step in steps)


def test_a_job_that_writes_runs_no_code_of_a_pull_request() -> None:
    writers = [
        (file, job)
        for file, _, job in jobs_of_github()
        if any(right == "write" and what != "id-token" for what, right in job.get("permissions", {}).items())
    ]

    assert {file for file, _ in writers} == {"comment", "drift"}
    for file, job in writers:
        assert "pull_request" not in workflow(file)["on"]
        assert "pull_request_target" not in workflow(file)["on"]
        runs = [step["run"] for step in job["steps"] if "run" in step]
        assert all(run.startswith("python3 -m preview.comment_post ") for run in runs)
        assert not any("ref" in step.get("with", {}) for step in job["steps"])


def test_what_posts_needs_nothing_installed() -> None:
    allowed = sys.stdlib_module_names | {"preview"}
    bare = ("comment_post", "comment_untrusted", "forge", "forge_settings")
    for name in bare:
        tree = ast.parse((ROOT / f"preview/{name}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert all(alias.name.partition(".")[0] in allowed for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                module = node.module or ""
                assert module.partition(".")[0] in allowed
                assert not module.startswith("preview") or module.removeprefix("preview.") in bare


def test_pull_requests_of_forks_get_no_identity() -> None:
    offline, cloud = (workflow("merge-request")["jobs"][name] for name in ("offline", "cloud"))

    assert "permissions" not in offline
    assert "environment" not in offline
    assert "secrets." not in json.dumps(workflow("merge-request"))
    assert cloud["if"] == "github.event.pull_request.head.repo.full_name == github.repository"


def test_an_identity_is_asked_for_in_an_environment_alone() -> None:
    for file, name, job in jobs_of_github():
        wants = job.get("permissions", {}).get("id-token") == "write"
        assert wants == (job.get("environment", SETTINGS) != SETTINGS), f"{file}: {name}"


def test_the_settings_of_the_platform_are_read_every_day_from_the_default_branch() -> None:
    ours, theirs = gitlab()["platform settings"], workflow("drift")["jobs"]["settings"]

    assert all('$CI_PIPELINE_SOURCE == "schedule"' in rule["if"] for rule in ours["rules"])
    assert (ours["environment"]["name"], theirs["environment"]) == (SETTINGS, SETTINGS)
    assert ours["script"] == ["python3 -m preview.forge_settings gitlab drift-settings.md"]
    assert theirs["if"] == "github.ref_name == github.event.repository.default_branch"
    assert "id_tokens" not in ours
    # Where they are wrong the job fails, and the issue tells it.
    assert "allow_failure" not in ours
    assert "continue-on-error" not in theirs
    assert "settings" in workflow("drift")["jobs"]["issue"]["needs"]
    readers = [
        name for file in WORKFLOWS for name, job in workflow(file.stem)["jobs"].items() if "secrets." in str(job)
    ]
    assert readers == ["settings"], "no other job holds a secret"


@pytest.mark.parametrize("stack", STACKS)
def test_github_asks_as_the_stack_file_trusts(stack: str) -> None:
    trusted = identity(stack)["github"]
    deploy = workflow("deploy")["jobs"]

    assert deploy[f"{stack}-plan"]["environment"] == trusted["previewEnvironment"]
    assert deploy[f"{stack}-up"]["environment"] == trusted["deployEnvironment"]
    assert trusted["deployWorkflow"] == ".github/workflows/deploy.yml"
    for file, job in (("merge-request", "cloud"), ("drift", "preview")):
        body = workflow(file)["jobs"][job]
        assert stack in body["strategy"]["matrix"]["stack"]
        assert body["environment"].replace("${{ matrix.stack }}", stack) == trusted["previewEnvironment"]
    for file, name, job in jobs_of_github():
        audiences = [step["with"]["audience"] for step in job["steps"] if step.get("uses") == "./.github/actions/stack"]
        if audiences and (stack in name or "strategy" in job):
            assert audiences[0].replace("${{ matrix.stack }}", stack) == identity(stack)["audience"], f"{file}: {name}"


@pytest.mark.parametrize("stack", STACKS)
def test_gitlab_asks_as_the_stack_file_trusts(stack: str) -> None:
    trusted = identity(stack)["gitlab"]
    jobs = {name: job for name, job in gitlab().items() if name.endswith(f" {stack}")}

    assert set(jobs) == {f"{what} {stack}" for what in ("preview", "plan", "up", "drift")}
    for name, job in jobs.items():
        purpose = "deploy" if name.startswith("up") else "preview"
        assert job["environment"]["name"] == trusted[f"{purpose}Environment"], name
        assert int(job["variables"]["AWS_SESSION_SECONDS"]) == SESSION_SECONDS[Purpose(purpose)], name
        assert job["id_tokens"] == {"IDENTITY_TOKEN": {"aud": identity(stack)["audience"]}}, name


def test_gitlab_gives_an_identity_to_no_job_that_a_fork_runs() -> None:
    for name, job in gitlab().items():
        conditions = [rule["if"] for rule in job["rules"]]
        of_requests = [condition for condition in conditions if "merge_request_event" in condition]
        if "id_tokens" in job:
            assert all("$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID" in text for text in of_requests), name
        elif of_requests:
            assert "environment" not in job, name
            assert all(line.startswith("make ") for line in job["script"]), name


@pytest.mark.parametrize("stack", STACKS)
def test_clouds_are_changed_by_hand_after_the_plan_and_on_the_default_branch(stack: str) -> None:
    [rule] = gitlab()[f"up {stack}"]["rules"]
    job = workflow("deploy")["jobs"][f"{stack}-up"]

    assert (rule["when"], rule["allow_failure"]) == ("manual", False)
    assert "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" in rule["if"]
    assert gitlab()[f"up {stack}"]["needs"] == [f"plan {stack}"]
    assert list(workflow("deploy")["on"]) == ["workflow_dispatch"]
    assert job["if"] == "github.ref_name == github.event.repository.default_branch"
    assert job["needs"] == f"{stack}-plan"


def test_staging_comes_before_production() -> None:
    assert gitlab()["plan production"]["needs"] == ["up staging"]
    assert workflow("deploy")["jobs"]["production-plan"]["needs"] == "staging-up"


def test_only_schedules_hold_the_token_of_the_bot() -> None:
    posting = {name for name, job in gitlab().items() if "comment_post" in " ".join(job["script"])}

    assert posting == {"drift issue", "post comments"}
    for name in posting:
        assert all('$CI_PIPELINE_SOURCE == "schedule"' in rule["if"] for rule in gitlab()[name]["rules"])
        assert "id_tokens" not in gitlab()[name]


def test_every_job_runs_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    lines = [line for job in gitlab().values() for line in (*job.get("before_script", ()), *job["script"])]
    lines += [step["run"] for _, _, job in jobs_of_github() for step in job["steps"] if "run" in step]
    called = {match[1] for line in lines if (match := re.match(r"make ([a-z-]+)", line))}

    assert called == {"setup", "lint", "test", "comment", "cloud-preview", "cloud-up", "drift"}
    assert called <= targets
    # What lands has passed the same two.
    tiers = re.findall(r"^\d+ +(\S.*)$", (ROOT / ".ci/run").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"make lint", "make test"} <= set(tiers)


def test_gitlabs_identity_file_is_what_google_reads(tmp_path: Path) -> None:
    token, credentials = tmp_path / "token", tmp_path / "identity.json"
    lines = gitlab()["preview staging"]["before_script"]
    environment = {
        "PATH": os.environ["PATH"],
        "IDENTITY_TOKEN": "a.b.c",
        "IDENTITY_TOKEN_FILE": str(token),
        "GOOGLE_APPLICATION_CREDENTIALS": str(credentials),
        "GCP_IDENTITY_PROVIDER": "projects/1/locations/global/workloadIdentityPools/p/providers/q",
        "GCP_SERVICE_ACCOUNT": "preview@p.iam.gserviceaccount.com",
    }
    assert lines[0] == "make setup"
    assert "preview.gitlab_session" in lines[-1]
    subprocess.run(["sh", "-ec", "\n".join(lines[1:-1])], env=environment, check=True)
    written = json.loads(credentials.read_text(encoding="utf-8"))

    assert token.read_text(encoding="utf-8") == "a.b.c"
    assert token.stat().st_mode & 0o077 == 0
    assert written["credential_source"] == {"file": str(token)}
    assert written["audience"] == f"//iam.googleapis.com/{environment['GCP_IDENTITY_PROVIDER']}"
    assert environment["GCP_SERVICE_ACCOUNT"] in written["service_account_impersonation_url"]


def test_the_comment_job_runs_in_a_fresh_clone(tmp_path: Path) -> None:
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    copy_project(origin)
    _git(origin, "init", "-q")
    _git(origin, "add", "-A")
    _git(origin, "commit", "-q", "-m", "before")
    base = _git(origin, "rev-parse", "HEAD").strip()
    stack_file = origin / "Pulumi.staging.yaml"
    text = stack_file.read_text(encoding="utf-8")
    stack_file.write_text(text.replace("dataDiskGiB: 50", "dataDiskGiB: 60"))
    _git(origin, "commit", "-q", "-a", "-m", "after")
    _git(tmp_path, "clone", "-q", str(origin), str(clone))
    _lend_packages(clone / ".venv")
    script = gitlab()["comment"]["script"]
    environment = {**os.environ, "CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "STACKS": "staging"}
    done = subprocess.run(
        ["sh", "-ec", "\n".join(script)], cwd=clone, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    comment = (clone / "comment.md").read_text(encoding="utf-8")
    assert "size: 50 → 60" in comment
    assert base[:10] in comment
    assert all((clone / path).is_file() for path in gitlab()["comment"]["artifacts"]["paths"])


def _lend_packages(venv: Path) -> None:
    """An environment with the packages of this one, newer than the requirements, so that nothing is installed again."""
    venv.mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (venv / name).symlink_to(ROOT / ".venv" / name)
    (venv / ".installed").touch()


def _git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Someone", "-c", "user.email=someone@example.com")
    return subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout
