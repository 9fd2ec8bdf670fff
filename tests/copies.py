"""Copies of the project for tests that change it or run its commands, with the stack files of the tests."""

import os
import shutil
import subprocess
from pathlib import Path

from rehearsal.project_copy import copy_work_tree
from tests.support import ROOT, STACK_FILES


def copy_project(target: Path) -> Path:
    """Every file of the work tree that git does not ignore; the stacks in it are those of the tests."""
    copy_work_tree(ROOT, target)
    for stack_file in target.glob("Pulumi.*.yaml"):
        stack_file.unlink()
    for stack_file in STACK_FILES.glob("Pulumi.*.yaml"):
        shutil.copy2(stack_file, target / stack_file.name)
    nothing_to_install(target)
    return target


def nothing_to_install(target: Path) -> None:
    """The environment of a copy is the one that the test runs in, so its `make` must not set it up again."""
    for requirements in target.glob("requirements*.txt"):
        os.utime(requirements, (0, 0))


def commit_all(folder: Path) -> None:
    """Makes a copy a repository of its own."""
    git = ["git", "-c", "user.name=a-copy", "-c", "user.email=a-copy@example.com", "-c", "core.excludesFile="]
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "as it is"]):
        subprocess.run([*git, *words], cwd=folder, check=True, capture_output=True)
