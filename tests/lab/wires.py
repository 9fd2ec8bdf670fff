"""Bare network namespaces in place of machines: what a lab's network lets through is seen in a second, with no boot."""

import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from capture import Capture
from lab.network.faults import Faults
from lab.network.firewall import Firewalls
from lab.network.network import BRIDGE, GATEWAY, PORT, LabNetwork, Process
from lab.placement import Seat, place_of, seats_of

LISTEN = """
import selectors, socket, sys
selector = selectors.DefaultSelector()
for port in sys.argv[1:]:
    selector.register(socket.create_server(("", int(port))), selectors.EVENT_READ)
print("listens", flush=True)
while True:
    for key, _ in selector.select():
        connection, peer = key.fileobj.accept()
        connection.sendall(peer[0].encode())
        connection.close()
"""
CONNECT = """
import socket, sys
source = (sys.argv[3], 0) if len(sys.argv) > 3 else None
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2, source_address=source)
print(connection.recv(64).decode())
"""


@dataclass
class Wires:
    """Namespaces with the seats of machines; each listens on all ports of the test."""

    network: LabNetwork
    seats: dict[str, Seat]
    inside: dict[str, Process]

    def seen(self, source: str, address: str, port: int) -> str:
        """The source that the listener at an address sees when a machine connects; empty where nothing gets through."""
        return _connected(["nsenter", f"--target={self.inside[source].pid}", "--net"], address, port)

    def seen_from(self, address: str, target: str, port: int) -> str:
        """The same for a stranger with an address of his own, who reaches the private address."""
        self.network.command("ip", "address", "replace", f"{address}/32", "dev", BRIDGE)
        return _connected(self.network.enter(), self.seats[target].private, port, address)


@contextmanager
def wired(capture: Capture, names: Sequence[str], ports: Sequence[int]) -> Generator[Wires]:
    """The network of a lab of these machines, with the firewalls of the capture."""
    places = [place_of(name, capture) for name in names]
    seats = seats_of(places)
    network = LabNetwork()
    wires = Wires(network, seats, {})
    started: list[Process] = []
    try:
        for name, seat in seats.items():
            network.add_machine(seat.private)
            wires.inside[name] = network.start("unshare", "--net", "sleep", "infinity", log=subprocess.DEVNULL)
            started.append(wires.inside[name])
            started.append(_listening(network, wires.inside[name].pid, seat, ports))
        Faults(network, seats, Firewalls(capture, places, seats).text()).open_roads()
        yield wires
    finally:
        for process in started:
            process.kill()
            process.wait()
        network.close()


def _listening(network: LabNetwork, pid: int, seat: Seat, ports: Sequence[int]) -> Process:
    until = time.monotonic() + 30
    while not Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"sleep"):
        assert time.monotonic() < until, "it has no network of its own"
        time.sleep(0.01)
    port = f"{PORT}{network.ports[seat.private]}-{pid}"
    network.ip(f"link add {port} type veth peer name host0 netns {pid}")
    network.ip(f"link set {port} master {BRIDGE} up")
    enter = ["nsenter", f"--target={pid}", "--net"]
    for command in (
        "link set lo up",
        "link set host0 up",
        f"address add {seat.private}/32 dev host0",
        f"route add {GATEWAY} dev host0",
        f"route add default via {GATEWAY}",
    ):
        subprocess.run([*enter, "ip", *command.split()], check=True)
    # It never ends by itself, and ends with the test.
    listener = subprocess.Popen([*enter, sys.executable, "-c", LISTEN, *map(str, ports)], stdout=subprocess.PIPE)
    assert listener.stdout
    with listener.stdout as said:
        assert said.readline() == b"listens\n"
    return listener


def _connected(enter: list[str], address: str, port: int, *source: str) -> str:
    command = [*enter, sys.executable, "-c", CONNECT, address, str(port), *source]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.stdout.strip()
