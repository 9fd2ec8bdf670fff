"""Who reads the metadata service of a machine that has converged, and that names and time reach everybody there."""

import re
from collections.abc import Iterator

import pytest

from lab.clouds.metadata import kind_of
from lab.machines.machine import LoneMachine
from lab.network.link_local import NAMES, serve_names, serve_time
from settings.vocabulary import Cloud
from tests.machines.booted.test_files import put

ASK = {
    Cloud.GCP: """
import urllib.request as u
headers = {"Metadata-Flavor": "Google"}
url = "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token"
print(u.urlopen(u.Request(url, headers=headers), timeout=20).status)
""",
    Cloud.AWS: """
import urllib.request as u
headers = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
url = "http://169.254.169.254/latest/api/token"
print(u.urlopen(u.Request(url, headers=headers, method="PUT"), timeout=20).status)
""",
}
"""For what leads to tokens of the machine, as each cloud wants to be asked."""

NAME, ADDRESS = "name.lab.example", "192.0.2.53"
AHEAD = 3600
"""Seconds, so that a clock that was asked is seen."""

FILE, OF_NOBODY = "/etc/nftables.d/lab-metadata.nft", "/etc/nftables.d/lab-of-nobody.nft"


@pytest.fixture
def asker(either: LoneMachine) -> Iterator[LoneMachine]:
    """A machine with a user that a role has for its program."""
    either.run("useradd", "--system", "lab-asker")
    yield either
    either.run("rm", "-f", FILE, OF_NOBODY)
    either.run("systemctl", "reload", "nftables")
    either.run("userdel", "lab-asker")


def answer(machine: LoneMachine, user: str) -> str:
    """What a user of the machine is told by the metadata service; the last line of a traceback where nothing."""
    ask = ASK[kind_of(machine.cloud)]
    said = machine.run("runuser", "--user", user, "--", "python3", "-c", ask, check=False)
    return said.strip().splitlines()[-1]


def test_root_reads_the_metadata_service_and_other_users_are_refused_at_once(either: LoneMachine) -> None:
    assert answer(either, "root") == "200"
    for user in ("nobody", "_chrony", "_apt"):
        assert "Connection refused" in answer(either, user), user


def test_a_user_that_a_role_names_reads_it_and_one_that_has_gone_spoils_nothing(asker: LoneMachine) -> None:
    number = asker.run("id", "--user", "lab-asker").strip()
    assert "Connection refused" in answer(asker, "lab-asker")

    put(asker, f"add element inet packyard metadata_users {{ {number} }}\n", FILE)
    put(asker, "add element inet packyard metadata_users { 4242 }\n", OF_NOBODY)
    asker.run("systemctl", "reload", "nftables")

    assert answer(asker, "lab-asker") == "200"
    assert "Connection refused" in answer(asker, "nobody")


def test_every_user_resolves_names_and_the_machine_keeps_time(either: LoneMachine) -> None:
    cloud = kind_of(either.cloud)
    serve_names(either.network, cloud, {NAME: ADDRESS})
    serve_time(either.network, cloud, ahead=AHEAD)
    before = either.read("/etc/resolv.conf")
    put(either, f"nameserver {NAMES[cloud]}\n", "/etc/resolv.conf")

    for user in ("root", "nobody"):
        assert ADDRESS in either.run("runuser", "--user", user, "--", "getent", "ahostsv4", NAME)
    # It asks the clocks of its own configuration, and sets none: a container has that of its host.
    said = either.run("chronyd", "-Q", "-t", "30", "-f", "/etc/chrony/chrony.conf")
    put(either, before, "/etc/resolv.conf")

    offset = re.search(r"clock wrong by (-?[\d.]+) seconds", said)
    assert offset, said
    assert abs(float(offset[1]) - AHEAD) < 60
