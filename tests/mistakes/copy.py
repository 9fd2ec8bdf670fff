"""A copy of the project in which one mistake after the other is made, looked at and taken back."""

import os
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.copies import commit_all, copy_project
from tests.mistakes.mistake import ListError, Mistake

SECONDS = 600
"""Longest that one look may take; a mistake that makes a program wait forever is seen by that."""

SOUND_SECONDS = 3600
"""The same for all tests of all rooms without a mistake, on a machine that does other things as well."""


@dataclass(frozen=True)
class Look:
    """One command that ended."""

    status: int
    text: str


class Copy:
    """A repository of its own, with everything committed."""

    def __init__(self, folder: Path) -> None:
        self._folder = copy_project(folder)
        commit_all(folder)

    @contextmanager
    def with_mistake(self, mistake: Mistake) -> Generator[None]:
        """The files as the mistake leaves them. Raises ListError."""
        saved: dict[Path, tuple[str, os.stat_result]] = {}
        try:
            for edit in mistake.edits:
                path = self._folder / edit.file
                if not path.is_file():
                    raise ListError(f"there is no {edit.file} any more")
                text = path.read_text(encoding="utf-8")
                changed = edit.applied(text)
                saved.setdefault(path, (text, path.stat()))
                path.write_text(changed, encoding="utf-8")
            yield
        finally:
            for path, (text, of_file) in saved.items():
                path.write_text(text, encoding="utf-8")
                # Bytecode of the unchanged file is kept, and is told by the time of its source.
                os.utime(path, ns=(of_file.st_atime_ns, of_file.st_mtime_ns))

    def preview(self, stack: str) -> Look:
        """What a user sees who previews a stack against the last commit."""
        return self._run(["-m", "preview", stack, "--against", "HEAD"])

    def tests(self, paths: Sequence[str]) -> Look:
        """Whether tests pass, up to the first that does not."""
        there = [path for path in paths if (self._folder / path).exists()]
        return self._run(["-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *there])

    def is_sound(self, paths: Sequence[str], workers: int) -> Look:
        """Whether tests pass without any mistake, several at a time."""
        words = ["-m", "pytest", "-x", "-q", "--no-header", "-n", str(workers), "--dist", "loadfile", *paths]
        return self._run(words, SOUND_SECONDS)

    def _run(self, words: Sequence[str], seconds: int = SECONDS) -> Look:
        # Bytecode of a mistake would outlive it.
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "MAKE"))}
        environment |= {"PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
        try:
            done = subprocess.run(
                [sys.executable, *words],
                cwd=self._folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Look(-1, f"did not end in {seconds} seconds")
        return Look(done.returncode, done.stdout)
