"""One pair for all drills, one after another. Each finds it whole and leaves it whole; the page tells how it ended."""

import contextlib
import os
import time
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.registered import change_document
from tests import booted
from tests.drills import table as pages
from tests.drills.database.breakages import CONFIGURATION
from tests.drills.database.lab import PairLab
from tests.drills.database.page import PART
from tests.drills.database.pair import CLIENT, UNIT, Pair
from tests.drills.table import Table
from tests.needed import FOR_CONTAINERS, skip_without

SETTINGS: dict[str, object] = {
    "databasePair.slotWalCapGiB": 4,
    "databasePair.archiveQueueCapGiB": 8,
    "databasePair.appCidrs": [f"{CLIENT}/32"],
}

SCALED = {
    '"max_wal_size": "1GB"': '"max_wal_size": "64MB"',
    '"max_slot_wal_keep_size": "4GB"': '"max_slot_wal_keep_size": "128MB"',
    '"archive-push-queue-max": "8GiB"': '"archive-push-queue-max": "256MiB"',
}
"""Changes of the documents: a stack file counts in GiB, which takes minutes to write."""

DATA_DISK = "2g"

REBUILDS = 1
"""Times that a lab too broken to go on is thrown away."""


class Keeper:
    """Holds the lab, and makes another one where a drill has left ruins."""

    def __init__(self) -> None:
        self._rebuilds = REBUILDS
        self.lab = boot()
        self.pair = Pair(self.lab)
        booted.keep(lambda: self.lab.machines.values())

    def whole_pair(self) -> Pair:
        """The pair, whole. A lab that does not mend is rebuilt, so that the other drills have a chance of their own."""
        try:
            mend(self.pair)
        except (AssertionError, LabError, LookupError) as fault:
            if not self._rebuilds:
                pytest.fail(f"the lab is broken and was rebuilt before: {fault}")
            self._rebuilds -= 1
            self.lab.close()
            self.lab = boot()
            self.pair = Pair(self.lab)
            self.pair.prepare()
        return self.pair


def boot() -> PairLab:
    """A pair of staging whose caps are small enough to be reached in seconds, by the documents of both hosts."""
    lab = PairLab(SETTINGS, data=DATA_DISK)
    for cloud in lab.clouds.values():
        for old, new in SCALED.items():
            change_document(cloud, old, new)
    return lab.__enter__()


def mend(pair: Pair) -> None:
    """Undoes what a drill that failed may have left. Raises AssertionError where that is not enough."""
    pair.lab.mend_link()
    pair.lab.repository_up()
    if not pair.faults():
        return
    for name, host in pair.lab.machines.items():
        pair.lab.end_isolation(host)
        if not host.is_alive():
            pair.power_on(name)
    for name in pair.lab.machines:
        pair.run(name, f"rm -f {CONFIGURATION}/90-drill*; systemctl reset-failed {UNIT}", check=False)
        pair.run(name, f"systemctl start pair-watch {UNIT}; systemctl reload {UNIT}", check=False)
    with contextlib.suppress(AssertionError, LabError):
        pair.wait_until_whole(20)
        return
    pair.run(pair.standby, "pairctl rejoin --yes || pairctl rejoin --from-repository --yes")
    pair.wait_until_whole(60)


@pytest.fixture(scope="session")
def table() -> Table:
    """Rows of all drills."""
    return Table()


@pytest.fixture(scope="session")
def keeper(table: Table, request: pytest.FixtureRequest) -> Iterator[Keeper]:
    """The lab, from the first boot to the end of the run; then the table is printed, and written if it is complete."""
    skip_without(FOR_CONTAINERS)
    started = time.monotonic()
    keeper = Keeper()
    try:
        keeper.pair.prepare()
        yield keeper
    finally:
        keeper.lab.close()
        print(f"\n{pages.markdown(table.rows)}")
        if _is_whole_run(request.config):
            minutes = (time.monotonic() - started) / 60
            date = f"{datetime.now(UTC):%Y-%m-%d}"
            text = pages.part_of_page(PART, table.rows, date=date, machine=f"{os.cpu_count()} cores", minutes=minutes)
            pages.write(PART, text)


def _is_whole_run(config: pytest.Config) -> bool:
    """Whether every drill was asked for: a page of a few would look like a page of all."""
    asked = [Path(argument).resolve() for argument in config.args]
    folder = Path(__file__).parent
    return asked in ([folder], [folder.parent]) and not config.getoption("keyword")


@pytest.fixture
def pair(keeper: Keeper, table: Table) -> Pair:
    """The pair, whole."""
    table.begin()
    return keeper.whole_pair()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A drill that failed stays in the table."""
    report = yield
    table = item.funcargs.get("table") if isinstance(item, pytest.Function) else None
    if report.failed and isinstance(table, Table) and call.excinfo is not None:
        words = str(call.excinfo.value).strip().splitlines()
        print(f"\n{report.longreprtext}", flush=True)
        table.fail(item.name.removeprefix("test_").replace("_", " "), words[0][:200] if words else "?")
    booted.stand_still_after(report, item.config)
    return report
