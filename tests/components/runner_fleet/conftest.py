"""The fleets that the tests of this folder look at."""

import pytest

from capture import Capture
from tests.components.runner_fleet.registered import manager_swap
from tests.support import STACKS, estate


@pytest.fixture(params=STACKS)
def fleet(request: pytest.FixtureRequest) -> Capture:
    return estate(request.param)


@pytest.fixture(scope="module")
def swap() -> Capture:
    return manager_swap()
