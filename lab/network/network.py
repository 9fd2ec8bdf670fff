"""A network of the lab's own: a namespace that only a file descriptor of this process keeps alive."""

import ctypes
import itertools
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Literal, TypeVar

from lab.control_group import ControlGroup

BRIDGE = "lab"
GATEWAY = "198.51.100.1"
"""Where stand-ins listen, and the router of all machines. Public, as the services of the clouds are (RFC 5737)."""
METADATA = "169.254.169.254"
CARD = "0e:00:00:00:00:fe"
"""Address of the bridge on the cable."""

_CLONE_NEWNET = 0x40000000

PORT = "vb-"
"""How systemd-nspawn begins the name of a machine's end on the bridge; the name of the machine follows."""

T = TypeVar("T")
Process = subprocess.Popen[bytes]

_NETWORKS = itertools.count(1)

_STARTER = ThreadPoolExecutor(1)
"""A child dies with the thread that started it, so one thread that lives as long as this process starts them all."""


class LabNetwork:
    """A bridge for machines, with the addresses of the stand-ins; it has no way out."""

    def __init__(self) -> None:
        self._descriptor = _in_thread(_new_namespace)
        self.path = f"/proc/{os.getpid()}/fd/{self._descriptor}"
        """Path of the namespace for nsenter, valid while this process lives."""
        for command in (
            "link set lo up",
            # Else it would have that of its first machine, and change with it under everybody who remembers it.
            f"link add {BRIDGE} address {CARD} type bridge",
            f"address add {GATEWAY}/24 dev {BRIDGE}",
            f"address add {METADATA}/32 dev {BRIDGE}",
            f"link set {BRIDGE} up",
        ):
            self.ip(command)
        self._group = ControlGroup(f"programs-{next(_NETWORKS)}")
        self.ports: dict[str, int] = {}
        """By the address of the machine behind it, the number that the name of a port of the bridge begins with."""
        self._closing: list[Callable[[], None]] = []

    def ip(self, command: str) -> None:
        """One command of iproute2 inside."""
        subprocess.run([*self.enter(), "ip", *command.split()], check=True)

    def command(self, *command: str) -> str:
        """What a program prints that runs inside."""
        return subprocess.run([*self.enter(), *command], check=True, stdout=subprocess.PIPE, text=True).stdout

    def add_address(self, address: str) -> None:
        """One more address for a stand-in."""
        self.ip(f"address add {address}/32 dev {BRIDGE}")

    def add_machine(self, address: str) -> None:
        """The way to a machine: as on GCP, it has an address and no neighbours."""
        self.ports[address] = len(self.ports) + 1
        self.ip(f"route add {address}/32 dev {BRIDGE}")

    def rules(self, text: str) -> None:
        """Rules of nftables inside."""
        subprocess.run([*self.enter(), "nft", "-f", "-"], check=True, input=text, text=True)

    def start(
        self,
        *command: str,
        log: IO[bytes] | int,
        environment: Mapping[str, str] | None = None,
        end: Literal["KILL", "TERM"] = "KILL",
        group: ControlGroup | None = None,
    ) -> Process:
        """A program inside, which dies by the signal `end` with this process, however that ends."""
        arguments = [*self.enter(), "setpriv", "--pdeathsig", end, *(group or self._group).enter(command)]
        return _STARTER.submit(
            subprocess.Popen[bytes],
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for this process, which ends them in their order.
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        ).result()

    def enter(self) -> list[str]:
        """The beginning of a command line that runs inside."""
        return ["nsenter", f"--net={self.path}"]

    def listen(self, address: str, port: int) -> socket.socket:
        """A listening socket inside; a socket stays in the namespace that it was made in."""

        def inside() -> socket.socket:
            _check(_libc().setns(self._descriptor, _CLONE_NEWNET))
            return socket.create_server((address, port))

        return _in_thread(inside)

    def connect(self, address: str, port: int) -> socket.socket:
        """A connection from inside."""

        def inside() -> socket.socket:
            _check(_libc().setns(self._descriptor, _CLONE_NEWNET))
            return socket.create_connection((address, port), timeout=60)

        return _in_thread(inside)

    def datagrams(self, port: int, device: str, address: str = "") -> socket.socket:
        """A UDP socket inside, of one device and address, that may send to everybody."""

        def inside() -> socket.socket:
            _check(_libc().setns(self._descriptor, _CLONE_NEWNET))
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
            made.bind((address, port))
            return made

        return _in_thread(inside)

    def when_closed(self, act: Callable[[], None]) -> None:
        """Before the namespace goes: a socket in it would keep it alive."""
        self._closing.append(act)

    def close(self) -> None:
        """Lets go of the namespace."""
        for act in reversed(self._closing):
            act()
        self._group.remove()
        os.close(self._descriptor)


def _new_namespace() -> int:
    _check(_libc().unshare(_CLONE_NEWNET))
    return os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _in_thread(act: Callable[[], T]) -> T:
    """Runs in a thread of its own, which alone changes its namespace and then ends."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(status: int) -> None:
    if status:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
