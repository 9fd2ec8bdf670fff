"""The firewall of a machine that has converged: what comes in from its network, and what a reload leaves alone."""

import subprocess
from collections.abc import Iterator

import pytest

from lab.machines.machine import LoneMachine

PORT = 8099
OPENING = f"add rule inet packyard services tcp dport {PORT} accept"
FILE = "/etc/nftables.d/lab.nft"


@pytest.fixture
def server(machine: LoneMachine) -> Iterator[LoneMachine]:
    """A machine with a service that nobody has opened."""
    machine.run(
        "systemd-run", "--unit=lab-server", "python3", "-m", "http.server", str(PORT), "--directory=/etc/systemd"
    )
    machine.wait_for(lambda: f":{PORT}" in machine.run("ss", "-Hltn"), 30, "the service listens")
    yield machine
    machine.run("rm", "-f", FILE)
    machine.run("systemctl", "restart", "nftables")
    machine.run("systemctl", "stop", "lab-server")


def address(machine: LoneMachine) -> str:
    return machine.run("ip", "-4", "-o", "address", "show", "host0").split()[3].partition("/")[0]


def gets_in(machine: LoneMachine) -> bool:
    """Whether a new connection from the machine's network is taken."""
    code = f"import socket; socket.create_connection(('{address(machine)}', {PORT}), timeout=3)"
    command = [*machine.network.enter(), "python3", "-c", code]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_nothing_gets_in_but_by_an_opening_and_a_reload_cuts_no_connection(server: LoneMachine) -> None:
    assert not gets_in(server)

    server.run("sh", "-c", f"echo '{OPENING}' > {FILE}")
    server.run("systemctl", "reload", "nftables")
    assert gets_in(server)

    with server.network.connect(address(server), PORT) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n")
        server.run("rm", FILE)
        server.run("systemctl", "reload", "nftables")
        connection.sendall(b"\r\n")

        assert connection.recv(16).startswith(b"HTTP/1.0 200")
    assert not gets_in(server)


def test_the_tables_of_others_outlive_a_reload_and_a_stop(server: LoneMachine) -> None:
    server.run("nft", "add", "table", "inet", "netavark")

    server.run("systemctl", "reload", "nftables")
    server.run("systemctl", "stop", "nftables")

    assert server.run("nft", "list", "tables").splitlines() == ["table inet netavark"]
    server.run("systemctl", "start", "nftables")
    assert set(server.run("nft", "list", "tables").splitlines()) == {"table inet netavark", "table inet packyard"}
    server.run("nft", "delete", "table", "inet", "netavark")


def test_the_firewall_comes_before_the_network_at_every_boot(machine: LoneMachine) -> None:
    before = machine.run("systemctl", "show", "--value", "-p", "Before", "nftables").split()

    assert "network-pre.target" in before
    assert machine.run("systemctl", "is-enabled", "nftables").strip() == "enabled"
    assert "packyard" in machine.run("nft", "list", "tables")


def test_nobody_enters_by_password_or_by_a_key_that_lies_on_the_machine(either: LoneMachine) -> None:
    daemon = either.run("/usr/sbin/sshd", "-T", "-C", "user=root").splitlines()

    for setting in ("permitrootlogin no", "passwordauthentication no", "authorizedkeysfile none"):
        assert setting in daemon
    passwords = dict(line.split(":")[:2] for line in either.read("/etc/shadow").splitlines())
    assert passwords["root"].startswith("!")
    assert [name for name, password in passwords.items() if password[0] not in "!*"] == []
    assert "90-cloud-init-users" not in either.run("ls", "/etc/sudoers.d")
