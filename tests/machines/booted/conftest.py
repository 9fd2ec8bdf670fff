"""Machines of both stacks, each stack's at once; one of each cloud for what may go wrong; and what it all took."""

import time
from collections.abc import Generator, Iterator

import pytest

from lab.machines import kept_root
from lab.machines.machine import LoneMachine
from settings.vocabulary import Cloud
from tests import booted
from tests.machines.booted.keeper import Keeper, Proof, account, representatives, standing
from tests.machines.booted.lives import Life
from tests.needed import FOR_CONTAINERS, skip_without

KEEPER = pytest.StashKey[Keeper]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/machines/booted/" in str(item.path):
            item.add_marker(pytest.mark.machine)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "life" in metafunc.fixturenames:
        machines = dict.fromkeys(standing().values())
        metafunc.parametrize("life", machines, indirect=True, ids=str, scope="session")
    if "proof" in metafunc.fixturenames:
        metafunc.parametrize("proof", representatives(), indirect=True, ids="-".join)


@pytest.fixture(scope="session")
def keeper(request: pytest.FixtureRequest) -> Iterator[Keeper]:
    skip_without(FOR_CONTAINERS)
    request.config.stash[KEEPER] = keeper = Keeper()
    booted.keep(keeper.up)
    yield keeper
    keeper.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With KEEP=1 the machines of a failed test stay."""
    report = yield
    booted.stand_still_after(report, item.config)
    return report


# Of the session, so that all tests of one stack come one after another.
@pytest.fixture(scope="session")
def life(request: pytest.FixtureRequest, keeper: Keeper) -> Life:
    """What a machine of a stack did; all machines of the stack did it at once."""
    return keeper.life(request.param)


@pytest.fixture
def proof(request: pytest.FixtureRequest, keeper: Keeper) -> Proof:
    """That a machine of a role converges from the bare image of a cloud."""
    return keeper.proof(*request.param)


@pytest.fixture(scope="session")
def machines(keeper: Keeper) -> dict[Cloud, LoneMachine]:
    """One machine of each cloud with the role base alone, for what is the same on all."""
    for cloud in Cloud:
        stand_in = kept_root.with_base_alone(cloud)
        layers = kept_root.layers_of(stand_in)
        begun = time.monotonic()
        machine = keeper.lone[cloud] = LoneMachine(stand_in, layers)
        machine.first_boot()
        machine.wait_for(lambda: machine.is_up() and machine.metric("last_run_success") == 1, 300, "it converges")  # noqa: B023 -- called at once
        keeper.lone_seconds[cloud] = time.monotonic() - begun
    return keeper.lone


@pytest.fixture(params=list(Cloud), ids=lambda cloud: cloud.value)
def either(request: pytest.FixtureRequest, machines: dict[Cloud, LoneMachine]) -> LoneMachine:
    """A machine of each cloud."""
    return machines[request.param]


@pytest.fixture
def machine(machines: dict[Cloud, LoneMachine]) -> LoneMachine:
    """The machine on GCE, for what does not differ between the clouds."""
    return machines[Cloud.GCP]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What was booted, how long it took, and which machines others stood for."""
    keeper = config.stash.get(KEEPER, None)
    if keeper is None:
        return
    terminalreporter.section("machines")
    for line in account(keeper):
        terminalreporter.write_line(line)
