"""What the tests of this folder share: one living staging and one production, which previews leave as they are."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from rehearsal.cli_binary import CliError, find_cli
from rehearsal.engine import Engine
from tests.rehearsal.engine.support import Living, branch_of, grown, only
from tests.support import STACKS


@pytest.fixture(scope="session", autouse=True)
def cli() -> None:
    """These tests prove nothing without a CLI, so a pipeline must not pass over them."""
    try:
        find_cli()
    except CliError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(f"NOTHING OF THE ENGINE IS TESTED: {error}")


@pytest.fixture(scope="session", params=STACKS)
def living(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Living]:
    """Each real stack, up once. Tests may only preview it, or work on a `branch` of it."""
    stack: str = request.param
    with grown(stack, tmp_path_factory.mktemp(stack), {}, checkpoints=False) as stack_that_lives:
        yield stack_that_lives


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Generator[Living]:
    """Staging with what all systems share alone, up once. For a test that changes it: `branch`."""
    with grown("staging", tmp_path_factory.mktemp("small"), only()) as stack_that_lives:
        yield stack_that_lives


@pytest.fixture
def branch(small: Living, tmp_path: Path) -> Generator[Engine]:
    """A small staging that is up and may be broken: a copy of state, project and clouds."""
    with branch_of(small, tmp_path) as engine:
        yield engine
