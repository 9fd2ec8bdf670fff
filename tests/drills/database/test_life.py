"""The life of a pair of which nothing is broken: runs that change nothing, a reboot, units that systemd understands."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lab.machines.lab_machine import LabMachine
from tests.drills.database.pair import UNIT, Pair
from tests.drills.runbooks import HOSTS

pytestmark = pytest.mark.drill


def test_a_second_run_changes_nothing_on_either_host(pair: Pair) -> None:
    hosts = [pair.lab.machine(name) for name in HOSTS]
    with ThreadPoolExecutor(len(hosts)) as pool:
        # What a drill before it has left, such as a restarted service, is not what this one looks for.
        tuple(pool.map(_converge, hosts))
        before = [_lasting(host) for host in hosts]
        words = tuple(pool.map(_converge, hosts))

    assert all("changed=0 " in said and "failed=0 " in said for said in words), "\n".join(words)
    assert [_lasting(host) ^ lines for host, lines in zip(hosts, before, strict=True)] == [set(), set()]


def test_a_reboot_of_the_standby_keeps_everything(pair: Pair) -> None:
    host = pair.lab.machine(pair.standby)
    before = _lasting(host)
    host.run("systemctl", "reboot", check=False)
    host.restart()
    pair.wait(host.is_up, 90, f"{host.name} boots")
    pair.wait_until_whole()

    assert _lasting(host) ^ before == set()
    assert host.run("systemctl", "--failed", "--plain", "--no-legend").strip() == ""


@pytest.mark.parametrize("name", HOSTS)
def test_systemd_finds_no_fault_in_the_units_of_the_pair(pair: Pair, name: str) -> None:
    units = pair.run(name, "ls -d /etc/systemd/system/pair-*.service /etc/systemd/system/pair-*.timer").split()

    assert len(units) > 10, units
    assert pair.run(name, f"systemd-analyze verify --man=no {UNIT}.service {' '.join(units)} 2>&1").strip() == ""


def _lasting(host: LabMachine) -> set[str]:
    """What converge owns, without the file whose token is another one every half an hour and after each boot."""
    lines = host.fingerprint().splitlines()
    return {line for line in lines if not line.endswith("/etc/pgbackrest/conf.d/repo2.conf")}


def _converge(host: LabMachine) -> str:
    assert host.converge(), host.words()
    return host.words()
