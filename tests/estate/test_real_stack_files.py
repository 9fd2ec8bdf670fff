"""The stack files of the project: data that change, so only what holds of every valid one."""

import pytest

from capture import capture_stack, read_stack_file
from tests.estate.promises import broken_promises
from tests.support import REAL_STACKS, ROOT


@pytest.mark.parametrize("stack", REAL_STACKS)
def test_every_promise_holds_for_the_stack_files_of_the_project(stack: str) -> None:
    assert broken_promises(capture_stack(ROOT, read_stack_file(ROOT, stack))) == []
