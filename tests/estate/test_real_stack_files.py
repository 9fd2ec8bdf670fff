"""The stack files of the project: data that change, so only what holds of every valid one."""

import os
import shutil
from pathlib import Path

import pytest

from capture import capture_stack, read_stack_file
from preview.placeholders import still_there
from tests.estate.promises import broken_promises
from tests.estate.rewriting import rewrite
from tests.support import REAL_STACKS, ROOT, STACK_FILES, STACKS

REWRITTEN = range(int(os.environ.get("PACKYARD_EXAMPLES", "2")))


@pytest.mark.parametrize("stack", REAL_STACKS)
def test_every_promise_holds_for_the_stack_files_of_the_project(stack: str) -> None:
    assert broken_promises(capture_stack(ROOT, read_stack_file(ROOT, stack))) == []


@pytest.mark.parametrize("seed", REWRITTEN)
@pytest.mark.parametrize("stack", STACKS)
def test_they_hold_for_whoever_writes_own_values_and_other_entries(stack: str, seed: int, tmp_path: Path) -> None:
    file = tmp_path / f"Pulumi.{stack}.yaml"
    shutil.copy(STACK_FILES / file.name, file)
    done = rewrite(file, seed)

    assert len(done) > 10, "hardly any list can be changed"
    assert still_there(read_stack_file(tmp_path, stack)) == ()
    assert broken_promises(capture_stack(ROOT, read_stack_file(tmp_path, stack))) == []
