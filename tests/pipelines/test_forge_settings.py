"""Settings of the platform that no file can hold: what is wrong fails, and so does what cannot be read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from preview.comment_post import main as post
from preview.forge_settings import main
from tests.preview.comment.test_post import Forge

PROJECT = {
    "ci_allow_fork_pipelines_to_run_in_parent_project": False,
    "ci_config_path": None,
    "ci_pipeline_variables_minimum_override_role": "maintainer",
}
PUBLIC = {
    "/repos/o/r": {"private": False},
    "/repos/o/r/actions/permissions/workflow": {
        "default_workflow_permissions": "read",
        "can_approve_pull_request_reviews": False,
    },
    "/repos/o/r/actions/permissions/fork-pr-contributor-approval": {"approval_policy": "all_external_contributors"},
}
FORKS = "/repos/o/r/actions/permissions/fork-pr-workflows-private-repos"
CLOSED = {
    "run_workflows_from_fork_pull_requests": True,
    "send_write_tokens_to_workflows": False,
    "send_secrets_and_variables": False,
    "require_approval_for_fork_pr_workflows": True,
}


@pytest.fixture
def forge(monkeypatch: pytest.MonkeyPatch) -> Iterator[Forge]:
    made = Forge({})
    for name, value in {
        "PACKYARD_SETTINGS_TOKEN": "t",
        "PACKYARD_BOT_TOKEN": "b",
        "CI_API_V4_URL": made.url,
        "CI_PROJECT_ID": "5",
        "GITHUB_API_URL": made.url,
        "GITHUB_REPOSITORY": "o/r",
    }.items():
        monkeypatch.setenv(name, value)
    yield made
    made.server.shutdown()
    made.server.server_close()


def asked(where: str, folder: Path) -> tuple[int, str]:
    file = folder / "drift-settings.md"
    return main([where, str(file)]), file.read_text(encoding="utf-8")


def test_a_gitlab_project_as_the_page_wants_it_passes(forge: Forge, tmp_path: Path) -> None:
    forge.answers["/projects/5"] = PROJECT

    assert asked("gitlab", tmp_path)[0] == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ci_allow_fork_pipelines_to_run_in_parent_project", True),
        ("ci_config_path", "ci.yml@somebody/else"),
        ("ci_pipeline_variables_minimum_override_role", "developer"),
        ("ci_pipeline_variables_minimum_override_role", "no_one_allowed"),
    ],
)
def test_gitlab_fails_and_names_the_setting_that_is_wrong(
    forge: Forge, tmp_path: Path, name: str, value: object
) -> None:
    forge.answers["/projects/5"] = {**PROJECT, name: value}
    code, said = asked("gitlab", tmp_path)

    assert code == 1
    assert name in said


def test_a_role_that_a_switch_turns_off_is_none(forge: Forge, tmp_path: Path) -> None:
    forge.answers["/projects/5"] = {**PROJECT, "restrict_user_defined_variables": False}
    code, said = asked("gitlab", tmp_path)

    assert code == 1
    assert "PULUMI_BACKEND_URL" in said


@pytest.mark.parametrize("answer", [None, [], b"no JSON", {"id": 5, "public_jobs": True}], ids=str)
def test_settings_that_the_token_cannot_read_count_as_wrong(forge: Forge, tmp_path: Path, answer: Any) -> None:
    """GitLab leaves the settings of CI/CD out of the answer for whoever may not administer the project."""
    forge.answers["/projects/5"] = answer
    code, said = asked("gitlab", tmp_path)

    assert code == 1
    assert "role Maintainer" in said


@pytest.mark.parametrize("where", ["gitlab", "github"])
def test_without_a_token_they_count_as_wrong(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setenv("PACKYARD_SETTINGS_TOKEN", "")
    forge.answers.update({"/projects/5": PROJECT, **PUBLIC})

    assert asked(where, tmp_path)[0] == 1


def test_github_repositories_as_the_page_wants_them_pass(forge: Forge, tmp_path: Path) -> None:
    forge.answers.update(PUBLIC)
    assert asked("github", tmp_path)[0] == 0
    forge.answers.update({"/repos/o/r": {"private": True}, FORKS: CLOSED})
    assert asked("github", tmp_path)[0] == 0
    forge.answers[FORKS] = {"run_workflows_from_fork_pull_requests": False}
    assert asked("github", tmp_path)[0] == 0


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("answer", [None, {}])
def test_github_fails_where_any_setting_is_not_told(
    forge: Forge, tmp_path: Path, path: str, answer: dict[str, str] | None
) -> None:
    forge.answers.update({**PUBLIC, path: answer})

    assert asked("github", tmp_path)[0] == 1


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/repos/o/r/actions/permissions/workflow", "default_workflow_permissions", "write"),
        ("/repos/o/r/actions/permissions/workflow", "can_approve_pull_request_reviews", True),
        ("/repos/o/r/actions/permissions/fork-pr-contributor-approval", "approval_policy", "first_time_contributors"),
        *(
            (FORKS, name, not right)
            for name, right in CLOSED.items()
            if name != "run_workflows_from_fork_pull_requests"
        ),
    ],
)
def test_github_fails_and_names_the_setting_that_is_wrong(
    forge: Forge, tmp_path: Path, path: str, name: str, value: object
) -> None:
    answers: dict[str, dict[str, Any]] = {**PUBLIC, FORKS: CLOSED, "/repos/o/r": {"private": path == FORKS}}
    forge.answers.update({**answers, path: {**answers[path], name: value}})
    code, said = asked("github", tmp_path)

    assert code == 1
    assert name in said


def test_the_issue_of_the_drift_tells_it(forge: Forge, tmp_path: Path) -> None:
    forge.answers.update({"/projects/5": {}, "/user": {"id": 99}, "/projects/5/issues": []})
    asked("gitlab", tmp_path)

    assert post(["gitlab-drift", str(tmp_path)]) == 0
    [(_, _, body)] = forge.writes
    assert "Settings of the platform" in body["description"]
