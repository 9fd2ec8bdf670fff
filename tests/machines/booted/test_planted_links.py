"""Whoever has PostgreSQL or the node exporter plants links in all their folders, and root goes through none of them.

The folders are those of the machines themselves. What was shown to make postgres or prometheus root is done again.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.drills.database.lab import PairLab
from tests.drills.database.pair import Pair
from tests.needed import FOR_CONTAINERS, skip_without

GUEST = Path(__file__).with_name("planted_guest.py").read_text(encoding="utf-8")

SECRET = "what-root-alone-may-read"  # noqa: S105 -- a word to look for

CANARIES = "/root/canaries"

BY_ITSELF = (
    *("/__pycache__", "/etc/pgbackrest/conf.d/", "/certificates", "/conf.d/20-alone.conf"),
    *("/var/lib/packyard/metrics", "/postgresql/pair/"),
)
"""Places below which programs of root write in the course of time; their owners and modes stay as they are."""

ENDS = 900
"""Seconds for the longest job."""

WAL = "/var/lib/postgresql/17/main/pg_wal"

KEEP_DIVERGED = """
from pair import settings
from pair.server import cluster
folder, _ = cluster.keep_diverged(settings.load().server, 0x99, 0, None)
print(folder)
"""


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """The pair of staging, whole, with something of root's that links lead to."""
    skip_without(FOR_CONTAINERS)
    with PairLab() as lab:
        pair = Pair(lab)
        lab.wait_converged()
        for host in lab.machines:
            pair.calm(host)
            text = f"mkdir -m 700 -p {CANARIES}/folder && echo {SECRET} > {CANARIES}/file && chmod 600 {CANARIES}/file"
            pair.run(host, f"{text} && cp {CANARIES}/file {CANARIES}/folder/kept")
        pair.wait_until_whole(300)
        yield pair


def guest(pair: Pair, host: str, word: str) -> Any:
    """What the program says on a machine."""
    return json.loads(pair.lab.machine(host).run("python3", "-c", GUEST, word))


def attack(pair: Pair, host: str, user: str, command: str) -> None:
    """As the user; it may fail, and that is what ought to be."""
    pair.lab.machine(host).run("runuser", f"--user={user}", "--", "bash", "-c", command, check=False)


def canaries(pair: Pair, host: str) -> str:
    """Names, owners, modes and contents of what links lead to."""
    look = f"find {CANARIES} -printf '%p %u:%g %m\\n' | sort; find {CANARIES} -type f | sort | xargs sha256sum"
    return pair.run(host, look)


def converge(pair: Pair, host: str) -> None:
    machine = pair.lab.machine(host)
    assert machine.converge(), machine.words()


def test_a_link_in_the_place_of_conf_d_gives_nothing_to_postgres(pair: Pair) -> None:
    before, place = canaries(pair, "pg-a"), "/etc/postgresql/17/main"
    attack(pair, "pg-a", "postgres", f"mv {place}/conf.d {place}/gone; ln -s {CANARIES}/folder {place}/conf.d")

    converge(pair, "pg-a")

    assert canaries(pair, "pg-a") == before
    assert pair.run("pg-a", f"stat --format=%U:%F {place}/conf.d").strip() == "root:directory"


def test_certificates_are_written_through_no_link(pair: Pair) -> None:
    before, place = canaries(pair, "pg-a"), "/etc/postgresql/17/main/certificates"
    plant = f"rm -r {place}/current {place}/pending {place}/generation-*; "
    plant += f"ln -s {CANARIES}/folder {place}/pending; ln -s {CANARIES}/folder {place}/current"
    attack(pair, "pg-a", "postgres", plant)

    pair.run("pg-a", "systemctl start pair-exchange", check=False)

    assert canaries(pair, "pg-a") == before


def test_a_segment_of_wal_that_is_a_link_shows_postgres_no_key(pair: Pair) -> None:
    segment = "000000990000000000000001"
    attack(pair, "pg-b", "postgres", f"ln -s /etc/wireguard/packyard.key {WAL}/{segment}")
    program = f"PYTHONPATH=/usr/local/lib/packyard python3 -P -c '{KEEP_DIVERGED}'"

    folder = pair.run("pg-b", program).strip()

    kept = pair.run("pg-b", f"runuser -u postgres -- cat {folder}/{segment}; rm {WAL}/{segment}", check=False)
    assert pair.run("pg-b", "cat /etc/wireguard/packyard.key").strip() not in kept


def test_a_link_beside_the_metrics_overwrites_nothing_for_prometheus(pair: Pair) -> None:
    before, place = canaries(pair, "pg-a"), "/var/lib/prometheus/node-exporter"
    halves = " ".join(f"{place}/{name}" for name in ("packyard_converge.prom", ".packyard_converge.prom.half"))
    plant = f"mv {place} {place}.gone; mkdir {place}; for name in {halves}; do ln -s {CANARIES}/file $name; done"
    attack(pair, "pg-a", "prometheus", plant)

    converge(pair, "pg-a")

    assert canaries(pair, "pg-a") == before


def test_the_folders_of_others_are_found_on_the_machine(pair: Pair) -> None:
    found = {folder: user for user, folder in guest(pair, "pg-a", "folders")}

    assert found["/var/lib/postgresql/17/main"] == "postgres"
    assert found["/var/lib/prometheus"] == "prometheus"
    assert "/tmp" in found  # noqa: S108 -- everybody's
    assert not [place for place in found if place.startswith(("/etc", "/usr", "/root", "/var/lib/packyard"))]


@pytest.mark.parametrize("host", ["pg-a", "pg-b"])
def test_with_links_in_every_folder_of_others_no_run_of_anything_changes_or_shows_what_is_roots(
    pair: Pair, host: str
) -> None:
    assert guest(pair, host, "plant") > 100
    before = guest(pair, host, "state")

    converge(pair, host)
    failed = [unit for unit in services(pair, host) if not runs(pair, host, unit)]
    pair.run(host, "logrotate --force /etc/logrotate.conf", check=False)

    assert not [unit for unit in failed if unit.startswith(("pair-", "packyard-"))], failed
    assert changes(before, guest(pair, host, "state")) == []
    assert readable(pair, host) == ""


def test_root_that_goes_through_a_planted_link_is_seen(pair: Pair) -> None:
    guest(pair, "pg-a", "plant")
    before = guest(pair, "pg-a", "state")

    pair.run("pg-a", "echo over >> /var/lib/postgresql/drill/epoch/kept; chown -R postgres /var/lib/prometheus/epoch/.")
    after = guest(pair, "pg-a", "state")
    pair.run("pg-a", f"cp {CANARIES}/file /var/lib/postgresql/drill/shown; chmod 644 /var/lib/postgresql/drill/shown")

    assert f"{CANARIES}/folder/kept" in changes(before, after)
    assert f"{CANARIES}/folder" in changes(before, after)
    assert "/var/lib/postgresql/drill/shown" in readable(pair, "pg-a")


def services(pair: Pair, host: str) -> list[str]:
    """All that a timer starts, and all of the pair: what this machine has, and no list."""
    timers = pair.run(host, "systemctl list-unit-files --type=timer --plain --no-legend").splitlines()
    own = pair.run(host, "systemctl list-unit-files --plain --no-legend 'pair-*.service' 'packyard-*.service'")
    names = {line.split()[0] for line in own.splitlines()}
    names |= {line.split()[0].replace(".timer", ".service") for line in timers if "@." not in line}
    # Converge has run, and what asks Debian's mirrors for everything has no mirror here.
    return sorted(names - {"packyard-converge.service", "apt-daily.service", "apt-daily-upgrade.service"})


def runs(pair: Pair, host: str, unit: str) -> bool:
    """Whether a service that is started now ends well, or goes on."""
    pair.run(host, f"timeout {ENDS} systemctl restart {unit}", check=False)
    time.sleep(0.5)
    return pair.run(host, f"systemctl show --value -p Result {unit}").strip() == "success"


def changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What has another owner, mode or content, or is new, but for contents that change in the course of time."""
    found: list[str] = []
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path, ""), after.get(path, "")
        by_itself = any(place in path for place in BY_ITSELF)
        same_owner = not old or not new or old.split()[:2] == new.split()[:2]
        if old != new and not (by_itself and same_owner):
            found.append(path)
    return found


def readable(pair: Pair, host: str) -> str:
    """Files that a user reads, with what root alone may read in them."""
    found = ""
    for user in ("postgres", "prometheus"):
        places = "/etc /run /tmp /var /home /srv /opt"
        command = f"timeout 120 grep --recursive --devices=skip --no-messages --files-with-matches {SECRET} {places}"
        found += pair.lab.machine(host).run("runuser", f"--user={user}", "--", "sh", "-c", command, check=False)
    return found
