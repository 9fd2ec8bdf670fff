"""Settings of GitLab or GitHub that the pipelines rest on: python3 -m preview.forge_settings WHERE FILE.

WHERE is `gitlab` or `github`; FILE gets a section for the issue of the drift. It runs from the default branch with the
standard library alone. What cannot be read fails: a setting that nobody sees is one that nobody knows to be right.
"""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from preview.forge import Api, ForgeError, github, gitlab

TOKEN = "PACKYARD_SETTINGS_TOKEN"  # noqa: S105 -- the name of a variable
"""The variable or secret with a token that may read the settings."""
VARIABLES = "ci_pipeline_variables_minimum_override_role"
FEW = ("maintainer", "owner")
"""Who may give a pipeline variables. With `no_one_allowed` the schedules would lose theirs."""
MAINTAINER = (
    "GitLab tells it to Maintainers alone. HINT: a project access token with the role Maintainer and the scope read_api"
)
ADMINISTRATION = "HINT: a fine-grained token of this repository alone with the permission Administration: read"


def gitlab_faults() -> list[str]:
    """What is wrong with the settings of the project, a sentence each (Projects API, "Get a single project")."""
    api, project = gitlab(os.environ.get(TOKEN, ""))
    path = f"/projects/{project}"
    settings = _asked(api, path, MAINTAINER)
    runs_forks = settings.get("ci_allow_fork_pipelines_to_run_in_parent_project")
    faults: list[str] = []
    given_by = settings.get(VARIABLES)
    if runs_forks is None or given_by is None:
        faults.append(f"{path}: the token does not see the settings of CI/CD. {MAINTAINER}")
    if runs_forks:
        faults.append(
            "`ci_allow_fork_pipelines_to_run_in_parent_project` is on: a member who presses Run pipeline at the merge"
            " request of a fork runs its `.gitlab-ci.yml` here with their own rights. HINT: docs/ci.md, Setting up"
        )
    # Before GitLab 18 a switch of its own turned the role off.
    if (given_by is not None and given_by not in FEW) or settings.get("restrict_user_defined_variables") is False:
        faults.append(
            f"`{VARIABLES}` is {given_by!r}: whoever starts a pipeline may give it another `PULUMI_BACKEND_URL` or"
            f" `AWS_ROLE_ARN` than the environment has. It must be {' or '.join(FEW)}. HINT: docs/ci.md, Setting up"
        )
    if settings.get("ci_config_path") not in (None, "", ".gitlab-ci.yml"):
        faults.append(
            f"`ci_config_path` is {settings['ci_config_path']!r}: pipelines run another file than the reviewed one"
        )
    return faults


def github_faults() -> list[str]:
    """What is wrong with the settings of the repository, a sentence each (REST API, "GitHub Actions permissions")."""
    api, repository = github(os.environ.get(TOKEN, ""))
    path = f"/repos/{repository}"
    rights = _asked(api, f"{path}/actions/permissions/workflow", ADMINISTRATION)
    faults: list[str] = []
    if rights.get("default_workflow_permissions") != "read":
        faults.append(
            "the token of a workflow may write by default (`default_workflow_permissions`), and must only read"
        )
    if rights.get("can_approve_pull_request_reviews") is not False:
        faults.append("workflows may approve pull requests (`can_approve_pull_request_reviews`)")
    if _asked(api, path, ADMINISTRATION).get("private") is not False:
        return [*faults, *_faults_of_private_forks(api, path)]
    policy = _asked(api, f"{path}/actions/permissions/fork-pr-contributor-approval", ADMINISTRATION)
    if policy.get("approval_policy") != "all_external_contributors":
        faults.append(
            f"pull requests of forks run after approval of {policy.get('approval_policy')!r} alone (`approval_policy`),"
            " and must be `all_external_contributors`"
        )
    return faults


def _faults_of_private_forks(api: Api, path: str) -> list[str]:
    """Forks of a private repository have settings of their own, and the other ones are refused."""
    settings = _asked(api, f"{path}/actions/permissions/fork-pr-workflows-private-repos", ADMINISTRATION)
    if settings.get("run_workflows_from_fork_pull_requests") is False:
        return []
    wanted = {
        "send_write_tokens_to_workflows": False,
        "send_secrets_and_variables": False,
        "require_approval_for_fork_pr_workflows": True,
    }
    return [
        f"`{name}` is {settings.get(name)}, and must be {right}"
        for name, right in wanted.items()
        if settings.get(name) is not right
    ]


def _asked(api: Api, path: str, hint: str) -> dict[str, Any]:
    try:
        return dict(api.call("GET", path))
    except (ForgeError, TypeError, ValueError) as error:
        raise ForgeError(f"{error}: the settings cannot be read, so they count as wrong. {hint}") from None


FORGES: dict[str, Callable[[], list[str]]] = {"gitlab": gitlab_faults, "github": github_faults}


def main(arguments: Sequence[str]) -> int:
    """Writes the section; ends with 1 unless every setting was read and is right."""
    if len(arguments) != 2 or arguments[0] not in FORGES:
        sys.stderr.write(f"forge_settings: one of {', '.join(FORGES)}, and the file to write\n")
        return 1
    if not os.environ.get(TOKEN):
        faults = [f"{TOKEN} is empty, so the settings cannot be read and count as wrong. HINT: docs/ci.md, Setting up"]
    else:
        try:
            faults = FORGES[arguments[0]]()
        except ForgeError as error:
            faults = [str(error)]
    summary = "❌ not as docs/ci.md wants them" if faults else "✅ no changes"
    text = "\n".join([f"### Settings of the platform: {summary}", "", *(f"* {fault}" for fault in faults)])
    Path(arguments[1]).write_text(f"{text}\n", encoding="utf-8")
    sys.stderr.write("".join(f"{fault}\n" for fault in faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
