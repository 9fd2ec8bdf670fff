"""The job that posts: text of a merge request as data, one comment, and the right merge request."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from preview import comment_markdown
from preview.comment_post import main
from preview.comment_untrusted import LARGEST, MARKER, UntrustedError, harmless, read_untrusted
from tests.preview.comment.estates import a_loss, an_attack, many

ATTACK = f"""{MARKER}
/merge
  /approve
<img src=https://evil.example/pixel> <script>alert(1)</script> <a href="https://evil.example">x</a>
@everyone &#64;everyone &commat;everyone ![x](https://evil.example/pixel) [x](javascript:alert(1)) [y][z]
[z]: https://evil.example
https://evil.example www.evil.example <https://evil.example> http&#58;//evil.example
see #12 and !34 \u202eback
"""


def test_what_a_merge_request_wrote_is_neither_obeyed_nor_linked() -> None:
    text = harmless(ATTACK.encode())
    page = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text)

    assert not re.search(r"^\s*/\w", text, re.MULTILINE)
    for forbidden in ("<img", "<script", "<a ", "@everyone", "evil.example</a>", "#12", "!34", "\u202e"):
        assert forbidden not in page
    assert "://" not in page.replace(":\u200b//", "")


@pytest.mark.parametrize("make", [a_loss, an_attack, many])
def test_the_projects_own_comments_look_the_same_afterwards(make: Any) -> None:
    text: str = make().markdown
    strip = re.compile("\u200b")
    render = MarkdownIt("commonmark", {"html": True}).enable("table").render

    assert strip.sub("", render(harmless(text.encode()))) == render(text)


@pytest.mark.parametrize("content", [b"", b"hello", b"x" * (LARGEST + 1), b"<!-- packyard"])
def test_what_is_no_comment_is_not_posted(content: bytes) -> None:
    with pytest.raises(UntrustedError):
        harmless(content)


def test_a_link_to_a_file_of_the_machine_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{MARKER} token", encoding="utf-8")
    (tmp_path / "comment.md").symlink_to(secret)

    with pytest.raises(UntrustedError, match="no regular file"):
        read_untrusted(tmp_path / "comment.md")


def test_what_is_written_fits_what_is_posted() -> None:
    assert comment_markdown.ROOM < LARGEST


class Forge:
    """An API that answers from a table and writes down what is changed."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.writes: list[tuple[str, str, dict[str, str]]] = []
        forge = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = forge.answers.get(self.path.partition("?")[0])
                self.send_response(404 if found is None else 200)
                self.end_headers()
                self.wfile.write(found if isinstance(found, bytes) else json.dumps(found).encode())

            def _write(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                forge.writes.append((self.command, self.path, json.loads(body)))
                self.send_response(201)
                self.end_headers()
                self.wfile.write(b"{}")

            do_POST = do_PUT = do_PATCH = _write  # noqa: N815 -- names that the library calls

            def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 -- the name that the library gives

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def forge() -> Iterator[Forge]:
    made = Forge({})
    yield made
    made.server.shutdown()
    made.server.server_close()


def on_github(forge: Forge, folder: Path, monkeypatch: pytest.MonkeyPatch, newest: str = "c1") -> None:
    run = {"head_sha": "c1", "head_branch": "a b&x=1", "html_url": "https://forge.example/run/1"}
    run["head_repository"] = {"owner": {"login": "someone"}}  # type: ignore[assignment] -- JSON of the platform
    (folder / "event.json").write_text(json.dumps({"workflow_run": run}), encoding="utf-8")
    (folder / "comment.md").write_text(f"{MARKER}\n/merge hello\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(folder / "event.json"))
    monkeypatch.setenv("GITHUB_TOKEN", "t")
    monkeypatch.setenv("GITHUB_API_URL", forge.url)
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/r")
    forge.answers["/repos/o/r/pulls"] = [{"number": 7, "head": {"sha": newest}}]
    forge.answers["/repos/o/r/issues/7/comments"] = [
        {"id": 1, "user": {"login": "someone"}, "body": f"{MARKER} pretends"},
        {"id": 2, "user": {"login": "github-actions[bot]"}, "body": f"{MARKER} old"},
    ]


def test_github_brings_its_own_comment_up_to_date(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_github(forge, tmp_path, monkeypatch)

    assert main(["github-comment", str(tmp_path)]) == 0
    [(method, path, body)] = forge.writes
    assert (method, path) == ("PATCH", "/repos/o/r/issues/comments/2")
    assert "\n\u200b/merge hello" in body["body"]


def test_who_wrote_it_stands_above_what_could_fold_it_away(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_github(forge, tmp_path, monkeypatch)
    (tmp_path / "comment.md").write_text(f"{MARKER}\n<details>\n\n```diff\nx", encoding="utf-8")

    assert main(["github-comment", str(tmp_path)]) == 0
    [(_, _, body)] = forge.writes
    first = body["body"].removeprefix(MARKER).lstrip().partition("\n")[0]
    assert "https://forge.example/run/1" in first
    assert "whose code is the merge request's own" in first


def test_github_posts_nothing_of_a_commit_that_is_not_the_newest(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_github(forge, tmp_path, monkeypatch, newest="c2")

    assert main(["github-comment", str(tmp_path)]) == 0
    assert forge.writes == []


def test_github_says_in_a_sentence_that_a_fork_was_deleted(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    on_github(forge, tmp_path, monkeypatch)
    event = json.loads((tmp_path / "event.json").read_text(encoding="utf-8"))
    event["workflow_run"]["head_repository"] = None
    (tmp_path / "event.json").write_text(json.dumps(event), encoding="utf-8")

    assert main(["github-comment", str(tmp_path)]) == 0
    assert "the fork of this pull request was deleted" in capsys.readouterr().out
    assert forge.writes == []


@pytest.mark.parametrize("pipeline", [None, {"id": 30, "sha": "c1", "status": "success", "project_id": 6}])
def test_gitlab_says_in_a_sentence_that_a_fork_was_deleted(
    pipeline: dict[str, Any] | None,
    forge: Forge,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PACKYARD_BOT_TOKEN", "t")
    monkeypatch.setenv("CI_API_V4_URL", forge.url)
    monkeypatch.setenv("CI_PROJECT_ID", "5")
    request = {"sha": "c1", "source_project_id": None, "head_pipeline": pipeline}
    forge.answers.update(
        {
            "/user": {"id": 99},
            "/projects/5/merge_requests": [{"iid": 7}],
            "/projects/5/merge_requests/7": request,
        }
    )

    assert main(["gitlab-comments", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "!7: its fork was deleted, and the comment with it\n"
    assert forge.writes == []


def test_gitlab_posts_once_for_each_merge_request_also_of_a_fork(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACKYARD_BOT_TOKEN", "t")
    monkeypatch.setenv("CI_API_V4_URL", forge.url)
    monkeypatch.setenv("CI_PROJECT_ID", "5")
    pipeline = {"id": 30, "sha": "c1", "status": "failed", "project_id": 6}
    forge.answers.update(
        {
            "/user": {"id": 99},
            "/projects/5/merge_requests": [{"iid": 7}, {"iid": 8}],
            "/projects/5/merge_requests/7": {"sha": "c1", "head_pipeline": pipeline},
            "/projects/5/merge_requests/8": {"sha": "c2", "head_pipeline": pipeline},
            "/projects/6/pipelines/30/jobs": [{"id": 40, "name": "comment", "web_url": "https://forge.example/40"}],
            "/projects/6/jobs/40/artifacts/comment.md": f"{MARKER}\nhello\n".encode(),
            "/projects/5/merge_requests/7/notes": [{"id": 3, "author": {"id": 1}, "body": f"{MARKER} pretends"}],
        }
    )

    assert main(["gitlab-comments", str(tmp_path)]) == 0
    [(method, path, body)] = forge.writes
    assert (method, path) == ("POST", "/projects/5/merge_requests/7/notes")
    forge.answers["/projects/5/merge_requests/7/notes"] = [{"id": 4, "author": {"id": 99}, **body}]
    assert main(["gitlab-comments", str(tmp_path)]) == 0
    assert len(forge.writes) == 1, "a comment that is up to date is left alone"


@pytest.mark.parametrize(
    ("sections", "issues", "expected"),
    [
        (["3 update"], [], [("POST", "/projects/5/issues")]),
        (["3 update", "✅ no changes"], [4], [("PUT", "/projects/5/issues/4")]),
        (["✅ no changes"], [4], [("PUT", "/projects/5/issues/4")]),
        (["✅ no changes"], [], []),
    ],
)
def test_there_is_one_issue_while_there_is_drift(
    forge: Forge,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sections: list[str],
    issues: list[int],
    expected: list[tuple[str, str]],
) -> None:
    monkeypatch.setenv("PACKYARD_BOT_TOKEN", "t")
    monkeypatch.setenv("CI_API_V4_URL", forge.url)
    monkeypatch.setenv("CI_PROJECT_ID", "5")
    forge.answers["/user"] = {"id": 99}
    forge.answers["/projects/5/issues"] = [{"iid": n, "description": "<!-- packyard-drift -->\nold"} for n in issues]
    for number, said in enumerate(sections):
        (tmp_path / f"drift-{number}.md").write_text(f"### stack: {said}\n", encoding="utf-8")

    assert main(["gitlab-drift", str(tmp_path)]) == 0
    assert [(method, path) for method, path, _ in forge.writes] == expected
