"""Who a machine of the lab may pass itself off as: nobody. Namespaces stand for machines, so nothing is booted."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from lab.clouds.metadata import ServiceAccount, checked_claims
from lab.network.network import METADATA
from lab.network.web import Reply, serve
from tests.lab.wires import Wires, wired
from tests.needed import FOR_CONTAINERS, skip_without
from tests.support import ROOT, estate

pytestmark = pytest.mark.machine

ATTACKER, VICTIM = "runner-manager-gcp-blue", "runner-manager-aws-blue"

ASK = """
import http.client, socket, struct, subprocess, sys, time
server, source, header = sys.argv[1:4]
def ip(*words): subprocess.run(["ip", *words], check=True)
ip("address", "replace", f"{source}/32", "dev", "host0")
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind(("host0", 0))
card = raw.getsockname()[4]
for _ in range(20):
    for kind in (1, 2):
        body = struct.pack("!HHBBH", 1, 0x800, 6, 4, kind) + card + socket.inet_aton(source) + bytes(6)
        raw.send(b"\\xff" * 6 + card + b"\\x08\\x06" + body + socket.inet_aton("198.51.100.1"))
    time.sleep(0.1)
connection = http.client.HTTPConnection(server, 80, timeout=3, source_address=(source, 0))
name, _, value = header.partition(": ")
connection.request("GET", "/", headers={name: value})
print(connection.getresponse().read().decode())
"""
"""Takes an address, tells the router that it has it, and asks the metadata service."""


@pytest.fixture(scope="module")
def wires() -> Iterator[Wires]:
    skip_without(FOR_CONTAINERS)
    with wired(estate("staging"), (ATTACKER, VICTIM), (80,)) as made:
        serve(made.network, METADATA, 80, lambda request: Reply(body=f"{request.client}\n".encode()))
        yield made


def taken_for(wires: Wires, asker: str, source: str, header: str = "Accept: */*") -> str:
    """The address of the machine that the metadata service takes somebody for; empty where nothing comes back."""
    command = ["nsenter", f"--target={wires.inside[asker].pid}", "--net", "python3", "-c", ASK]
    done = subprocess.run([*command, METADATA, source, header], check=False, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_machine_with_the_address_of_another_is_not_heard(wires: Wires) -> None:
    own, other = wires.seats[ATTACKER].private, wires.seats[VICTIM].private

    assert taken_for(wires, VICTIM, other) == other
    assert taken_for(wires, ATTACKER, other) == ""
    assert taken_for(wires, ATTACKER, own) == own


def test_no_header_makes_a_machine_another_one(wires: Wires) -> None:
    own, other = wires.seats[ATTACKER].private, wires.seats[VICTIM].private

    assert taken_for(wires, ATTACKER, own, f"X-Real-IP: {other}") == own


SIGN = """
from lab.clouds.metadata import ServiceAccount
print(ServiceAccount("a@b.iam.gserviceaccount.com", "1").identity_token("x"))
"""


def test_the_code_of_the_lab_is_not_enough_to_sign_an_identity_token() -> None:
    own = ServiceAccount("a@b.iam.gserviceaccount.com", "1").identity_token("x")
    forged = subprocess.run([sys.executable, "-c", SIGN], cwd=ROOT, check=True, capture_output=True, text=True).stdout

    assert checked_claims(own)
    assert not checked_claims(forged.strip())
