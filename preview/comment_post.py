"""Posts what other jobs wrote, from a trusted ref: python3 -m preview.comment_post WHAT FOLDER.

It never runs code of a merge request: files are data (preview/comment_untrusted.py), and which merge request they
belong to comes from the platform, never from a file. Standard library alone. Everything else comes from the environment
that the platform sets, and from PACKYARD_BOT_TOKEN on GitLab or GITHUB_TOKEN on GitHub.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from preview.comment_untrusted import LARGEST, MARKER, UntrustedError, harmless, read_untrusted
from preview.forge import Api, ForgeError, github, gitlab

COMMENT_FILE = "comment.md"
COMMENT_JOB = "comment"
"""In .gitlab-ci.yml."""
BOT = "github-actions[bot]"
"""Author of what jobs of GitHub write with their own token."""
DRIFT_TITLE = "Drift: the clouds differ from the program"
DRIFT_MARKER = "<!-- packyard-drift -->"


def github_comment(folder: Path) -> str:
    """The comment of the pull request whose pipeline has just ended (event workflow_run)."""
    api, repository = github(os.environ["GITHUB_TOKEN"])
    run = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))["workflow_run"]
    if not run["head_repository"]:
        return "the fork of this pull request was deleted, so it cannot be found by its branch, and nothing is posted"
    # The event names the pull request only where it comes from the repository itself.
    head = quote(f"{run['head_repository']['owner']['login']}:{run['head_branch']}", safe="")
    pulls = api.all(f"/repos/{repository}/pulls?state=open&head={head}")
    pull = next((entry for entry in pulls if entry["head"]["sha"] == run["head_sha"]), None)
    if pull is None:
        return "no open pull request has this commit as its newest one"
    text = _signed(read_untrusted(folder / COMMENT_FILE), _origin(run["html_url"], run["head_sha"]))
    comments = api.all(f"/repos/{repository}/issues/{pull['number']}/comments")
    mine = [entry for entry in comments if entry["user"]["login"] == BOT]
    return _sticky(
        api,
        mine,
        text,
        f"/repos/{repository}/issues/{pull['number']}/comments",
        "PATCH",
        change=f"/repos/{repository}/issues/comments",
    )


def gitlab_comments(_folder: Path) -> str:
    """The comments of all open merge requests whose newest pipeline has ended; runs on a schedule."""
    api, project = gitlab(os.environ["PACKYARD_BOT_TOKEN"])
    me = api.call("GET", "/user")["id"]
    told: list[str] = []
    for request in api.all(f"/projects/{project}/merge_requests?state=opened"):
        number = int(request["iid"])
        try:
            told.append(f"!{number}: {_gitlab_comment(api, project, number, me)}")
        except (ForgeError, UntrustedError) as error:
            told.append(f"!{number}: not posted: {error}")
    return "\n".join(told) or "no open merge request"


def _gitlab_comment(api: Api, project: str, number: int, me: int) -> str:
    request = api.call("GET", f"/projects/{project}/merge_requests/{number}")
    pipeline: dict[str, Any] = request.get("head_pipeline") or {}
    if request.get("source_project_id", project) is None and str(pipeline.get("project_id")) != project:
        return "its fork was deleted, and the comment with it"
    if pipeline.get("sha") != request["sha"] or pipeline.get("status") not in ("success", "failed"):
        return "its pipeline has not ended"
    # In a merge request of a fork this is the fork; its artifacts are read only where everybody may.
    place = int(pipeline["project_id"])
    jobs = api.all(f"/projects/{place}/pipelines/{int(pipeline['id'])}/jobs")
    job = next((entry for entry in jobs if entry["name"] == COMMENT_JOB), None)
    if job is None:
        return f"its pipeline has no job `{COMMENT_JOB}`"
    origin = _origin(str(job["web_url"]), str(request["sha"]))
    notes = f"/projects/{project}/merge_requests/{number}/notes"
    mine = [entry for entry in api.all(notes) if entry["author"]["id"] == me]
    if any(origin in entry["body"] for entry in mine):
        return "has it already"
    text = harmless(api.read("GET", f"/projects/{place}/jobs/{int(job['id'])}/artifacts/{COMMENT_FILE}"))
    return _sticky(api, mine, _signed(text, origin), notes, "PUT", change=notes)


def github_drift(folder: Path) -> str:
    """One issue while there is drift."""
    api, repository = github(os.environ["GITHUB_TOKEN"])
    issues = [entry for entry in api.all(f"/repos/{repository}/issues?state=open") if entry["user"]["login"] == BOT]
    return _drift(
        api, folder, issues, f"/repos/{repository}/issues", "number", way=("PATCH", "body", {"state": "closed"})
    )


def gitlab_drift(folder: Path) -> str:
    """One issue while there is drift."""
    api, project = gitlab(os.environ["PACKYARD_BOT_TOKEN"])
    mine = urlencode({"state": "opened", "author_id": api.call("GET", "/user")["id"], "scope": "all"})
    issues = api.all(f"/projects/{project}/issues?{mine}")
    closing = {"state_event": "close"}
    return _drift(api, folder, issues, f"/projects/{project}/issues", "iid", way=("PUT", "description", closing))


def _drift(
    api: Api, folder: Path, issues: Sequence[dict[str, Any]], path: str, key: str, way: tuple[str, str, dict[str, str]]
) -> str:
    method, body, closing = way
    sections = [file.read_text(encoding="utf-8") for file in sorted(folder.glob("drift-*.md"))]
    if not sections:
        raise ForgeError(f"{folder}: no drift-*.md, so nothing is known")
    known = next((entry for entry in issues if DRIFT_MARKER in (entry[body] or "")), None)
    drifted = [section for section in sections if "✅ no changes" not in section.partition("\n")[0]]
    if not drifted:
        if known is not None:
            api.call(method, f"{path}/{known[key]}", closing)
        return "no drift" + (", the issue is closed" if known is not None else "")
    text = harmless(f"{MARKER}\n".encode() + "\n".join(drifted).encode()[: LARGEST // 2])
    text = text.replace(MARKER, DRIFT_MARKER, 1)
    if known is not None and known[body].strip() == text.strip():
        return "the issue says so already"
    if known is not None:
        api.call(method, f"{path}/{known[key]}", {body: text})
        return "the issue is brought up to date"
    api.call("POST", path, {"title": DRIFT_TITLE, body: text})
    return "an issue is opened"


def _sticky(api: Api, mine: Sequence[dict[str, Any]], text: str, create: str, method: str, change: str) -> str:
    """One comment: the first one of ours that has the marker is written anew."""
    known = next((entry for entry in mine if entry["body"].startswith(MARKER)), None)
    if known is None:
        api.call("POST", create, {"body": text})
        return "posted"
    api.call(method, f"{change}/{known['id']}", {"body": text})
    return "brought up to date"


def _origin(url: str, commit: str) -> str:
    return f"<sub>Written by [this pipeline]({url}) of {commit[:10]}, whose code is the merge request's own.</sub>"


def _signed(text: str, origin: str) -> str:
    """Who wrote it stands above, where nothing of the merge request can fold it away or draw it into a block."""
    return f"{MARKER}\n{origin}\n\n{text.removeprefix(MARKER).lstrip()}"


COMMANDS = {
    "github-comment": github_comment,
    "github-drift": github_drift,
    "gitlab-comments": gitlab_comments,
    "gitlab-drift": gitlab_drift,
}


def main(arguments: Sequence[str]) -> int:
    """Runs one command; the result is the exit code."""
    if len(arguments) != 2 or arguments[0] not in COMMANDS:
        sys.stderr.write(f"comment_post: one of {', '.join(COMMANDS)}, and the folder with the files\n")
        return 1
    try:
        sys.stdout.write(f"{COMMANDS[arguments[0]](Path(arguments[1]))}\n")
    except (ForgeError, UntrustedError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
