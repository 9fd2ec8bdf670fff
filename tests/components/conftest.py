"""The fixture of the tests that see a component through Pulumi's own mocks."""

from collections.abc import Generator

import pytest

from tests.components.mocks import Clouds, mocked_clouds


@pytest.fixture
def clouds() -> Generator[Clouds]:
    with mocked_clouds() as clouds:
        yield clouds
