"""Copies of the project for tests that change it or run its commands, with the stack files of the tests."""

import shutil
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
    return target
