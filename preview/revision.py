"""Another revision of the project: its files in a folder of their own, and what they register.

The other revision has modules of the same names as this one (settings, components, estate), so it runs in a process of
its own, with the recorder of this revision. It runs with the packages that are installed now.
"""

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from capture import Capture
from preview.bundle import Files

NO_SUCH_STACK = 10
"""How preview.past ends where the revision has no program or no such stack."""

OWN_CODE = Path(__file__).resolve().parent.parent
"""Where the recorder of this revision is found."""

SHORT = 10
"""Letters of a commit id that are shown."""


class RevisionError(Exception):
    """A revision that does not exist or cannot be read; the text says which and what would be right."""


@dataclass(frozen=True)
class PastCapture:
    """What another revision registers."""

    commit: str
    """Short id of the commit."""
    capture: Capture | None
    """None where that revision has no such stack."""
    bundle: Files = field(default_factory=dict[str, bytes])
    """The files that its machines run from."""


class PastRun:
    """Another revision that runs in the background."""

    def __init__(self, root: Path, commit: str, stack: str, folder: Path) -> None:
        self._commit = commit
        self._answer = folder / "capture"
        self._errors = folder / "errors"
        tree = folder / "tree"
        export_revision(root, commit, tree)
        # A file takes any number of messages; a pipe that nobody reads would stop the process.
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603 -- this interpreter and this project
                [sys.executable, "-m", "preview.past", str(tree), stack, str(self._answer)],
                cwd=OWN_CODE,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )

    def result(self) -> PastCapture:
        """Waits for the end. Raises RevisionError with what the other revision says."""
        short = self._commit[:SHORT]
        status = self._process.wait()
        if status == NO_SUCH_STACK:
            return PastCapture(short, None)
        if status != 0:
            said = self._errors.read_text(encoding="utf-8", errors="replace").strip()
            raise RevisionError(f"--against: revision {short} cannot be captured:\n{said}")
        # Written by our own module in the process above.
        capture, bundle = pickle.loads(self._answer.read_bytes())  # noqa: S301
        return PastCapture(short, capture, bundle)

    def stop(self) -> None:
        """Ends the process if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@contextmanager
def past_run(root: Path, revision: str, stack: str) -> Generator[PastRun]:
    """Starts the capture of another revision. Its folder is gone afterwards, whatever happens. Raises RevisionError."""
    commit = commit_of(root, revision)
    with tempfile.TemporaryDirectory(prefix="packyard-preview-") as folder:
        run = PastRun(root, commit, stack, Path(folder))
        try:
            yield run
        finally:
            run.stop()


def checked_out(root: Path) -> str:
    """Short id of the commit in the folder, and whether files differ from it; "work tree" where git knows none.

    Raises RevisionError where there is no git.
    """
    found = git(root, "rev-parse", "--quiet", "--verify", "HEAD^{commit}")
    if found.returncode != 0:
        return "work tree"
    changed = git(root, "status", "--porcelain", "--untracked-files=no").stdout.strip()
    return found.stdout.decode().strip()[:SHORT] + (" with uncommitted changes" if changed else "")


def commit_of(root: Path, revision: str) -> str:
    """The whole id of a revision. Raises RevisionError."""
    # --end-of-options: a revision may begin with a hyphen without becoming an option.
    found = git(root, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    if found.returncode == 0:
        return found.stdout.decode().strip()
    if git(root, "rev-parse", "--git-dir").returncode != 0:
        raise RevisionError(
            "--against: this folder is no git repository. HINT: leave --against out, or clone the project"
        )
    raise RevisionError(
        f"--against {revision}: no such revision. HINT: a branch, tag or commit, for example HEAD or origin/main; "
        "a shallow clone lacks older ones (git fetch --unshallow)"
    )


def export_revision(root: Path, commit: str, tree: Path) -> None:
    """Writes the files of a commit into a new folder. Raises RevisionError."""
    tree.mkdir()
    archive = git(root, "archive", "--format=tar", commit)
    if archive.returncode != 0:
        raise RevisionError(f"git archive {commit}: {archive.stderr.decode().strip()}")
    subprocess.run(["tar", "-x", "-C", str(tree)], input=archive.stdout, check=True)  # noqa: S603, S607


def git(root: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """One command of git in a folder. Raises RevisionError where there is no git at all."""
    try:
        return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        raise RevisionError("git is not installed, and this command needs it. HINT: install git") from None
