"""One machine on each cloud for the whole tier, booted at the same time."""

from collections.abc import Iterator

import pytest

from lab.machines.machine import LoneMachine
from lab.registered import cloud_of, name_stand_in_agent
from settings.vocabulary import Cloud
from tests.needed import FOR_CONTAINERS, skip_without
from tests.support import estate

NAMES = {Cloud.GCP: "package-server", Cloud.AWS: "runner-manager-aws-blue"}
"""Machines whose playbook is the base role alone, so one of each cloud stands for all of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/machines/booted/" in str(item.path):
            item.add_marker(pytest.mark.machine)


@pytest.fixture(scope="session")
def machines() -> Iterator[dict[Cloud, LoneMachine]]:
    skip_without(FOR_CONTAINERS)
    made: dict[Cloud, LoneMachine] = {}
    try:
        for cloud, name in NAMES.items():
            stand_in = cloud_of(name, estate("staging"))
            name_stand_in_agent(stand_in)
            made[cloud] = LoneMachine(stand_in)
            made[cloud].boot()
        # Google's image brings no cloud-init: the startup script installs it and reboots.
        made[Cloud.GCP].restart(300)
        for machine in made.values():
            machine.wait_for(lambda: machine.is_up() and machine.metric("last_run_success") == 1, 300, "it converges")  # noqa: B023 -- called at once
        yield made
    finally:
        for machine in made.values():
            machine.close()


@pytest.fixture(params=list(Cloud), ids=lambda cloud: cloud.value)
def either(request: pytest.FixtureRequest, machines: dict[Cloud, LoneMachine]) -> LoneMachine:
    """A machine of each cloud."""
    return machines[request.param]


@pytest.fixture
def machine(machines: dict[Cloud, LoneMachine]) -> LoneMachine:
    """The machine on GCE, for what does not differ between the clouds."""
    return machines[Cloud.GCP]
