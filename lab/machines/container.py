"""The life of a machine in a system container: boot, commands on it, a lost power supply."""

import itertools
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lab.control_group import ControlGroup
from lab.errors import LabError
from lab.machines.root_disk import RootDisk
from lab.network.network import BRIDGE, LabNetwork, Process

UP = ("running", "degraded")

AWAKE_SECONDS = 2
"""After so long a program that enters a machine is told to go on, in case it was stopped."""
NSPAWN_SECONDS = 5
"""For systemd-nspawn to notice that its machine is no more."""

_BOOTS = itertools.count(1)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Container:
    """A machine as far as its systemd goes. What is on its disk outlives a boot; the disk goes with the machine."""

    def __init__(
        self, network: LabNetwork, address: str, disk: RootDisk, folders: Mapping[Path, str] | None = None
    ) -> None:
        """`address` is one that the network was told of.

        `folders` and device files of the host stand at these places of the machine.
        """
        self.network = network
        self._address = address
        self.disk = disk
        self._folders = dict(folders or {})
        self._process: Process | None = None
        self._group: ControlGroup | None = None
        self._life = threading.RLock()
        """Held while it is started or ended: what is taken away is not booted by somebody who waited for it."""
        self._is_gone = False

    @property
    def console(self) -> Path:
        """What it wrote to its console, over all boots."""
        return self.disk.root.parent / "console.log"

    def boot(self) -> None:
        """Starts it, also again after it went down; returns as soon as it has a systemd."""
        with self._life:
            if self._is_gone:
                raise LookupError("the machine was taken away")
            self.kill()
            self._start()
        self.wait_for(self.is_alive, 60, "it begins to boot")

    def _start(self) -> None:
        # At most 12 characters, or the kernel's limit on the name of its port would make another one of it.
        name = f"{self.network.ports[self._address]}-{next(_BOOTS)}-{_short(os.getpid())}"
        self._group = ControlGroup(name)
        command = [
            *("systemd-nspawn", "--quiet", f"--directory={self.disk.root}", f"--machine={name}", "--register=no"),
            *("--keep-unit", f"--network-bridge={BRIDGE}", "--console=pipe", "--boot"),
            # Its root is no root of this host: no devices, no settings of the kernel. Files keep their owners.
            "--private-users=identity",
            *(f"--bind={source}:{target}" for source, target in self._folders.items()),
        ]
        environment = {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
        with self.console.open("ab") as log:
            # By SIGKILL nspawn would leave its machine behind.
            self._process = self.network.start(
                *command, log=log, environment=environment, end="TERM", group=self._group
            )

    def restart(self, seconds: int = 30) -> None:
        """Waits until it goes down for a reboot, and boots it again as its cloud would."""
        self.wait_for(lambda: not self.is_alive(), seconds, "it goes down")
        self.boot()

    def power_off(self, seconds: int = 60) -> None:
        """An orderly end."""
        self.run("systemctl", "poweroff")
        self.wait_for(lambda: not self.is_alive(), seconds, "it goes down")

    def kill(self) -> None:
        """No process of it gets another word in, as when the power goes. What was written to its disks stays."""
        with self._life:
            if self._process is None:
                return
            if self.is_alive():
                os.kill(self._leader(), signal.SIGKILL)
            try:
                # It takes its own traces away, which outlive it where it is killed as well.
                self._process.wait(NSPAWN_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
            if self._group is not None:
                self._group.remove()

    def run(self, *command: str, check: bool = True) -> str:
        """What a command prints on the machine, errors included."""
        status, said = heard([*self.entrance(), *command])
        if check and status:
            raise LabError(f"{' '.join(command)}: {said[-3000:]}")
        return said

    def entrance(self) -> list[str]:
        """The beginning of a command line that runs on the machine, for root outside."""
        # As somebody of the machine's: what it has put in the place of a program may do no more than the machine.
        parts = ("user", "mount", "uts", "ipc", "net", "pid", "root", "wd")
        clean = ("env", "-i", "PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8")
        return ["nsenter", f"--target={self._leader()}", *(f"--{part}" for part in parts), *clean]

    def read(self, path: str) -> str:
        """A file of the machine; empty where there is none."""
        return self.run("sh", "-c", 'cat "$1" 2>/dev/null || true', "-", path)

    def is_up(self) -> bool:
        """Whether its systemd answers and has nothing left to start."""
        try:
            return self.run("timeout", "5", "systemctl", "is-system-running", check=False).strip() in UP
        except LookupError:
            return False

    def is_alive(self) -> bool:
        """Whether it has a systemd."""
        try:
            return self._leader() > 0
        except LookupError:
            return False

    def network_card(self) -> str:
        """The address of its network card; empty while it is down."""
        try:
            return self.run("cat", "/sys/class/net/host0/address", check=False).strip()
        except LookupError:
            return ""

    def cable(self) -> str:
        """The other end of its network cable, a port of the lab's bridge."""
        index = self.run("cat", "/sys/class/net/host0/iflink").strip()
        command = [*self.network.enter(), "ip", "-o", "link"]
        links = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        (port,) = (line.split()[1].partition("@")[0] for line in links if line.startswith(f"{index}: "))
        return port

    def wait_for(self, what: Callable[[], bool], seconds: float, promise: str) -> None:
        """Waits until it is so; else fails with the promise and the end of the journal."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if what():
                return
            if self._is_gone:
                raise LookupError("the machine was taken away")
            time.sleep(0.2)
        raise LabError(f"not within {seconds:.0f} s: {promise}\n{self.last_words()}")

    def last_words(self) -> str:
        """What helps to understand a machine that does not do as told."""
        try:
            return self.run("journalctl", "--no-pager", "--lines=60", check=False)
        except LookupError:
            return self.console.read_text(errors="replace")[-3000:]

    def close(self) -> None:
        """Takes it away with its disk."""
        with self._life:
            self._is_gone = True
            self.kill()
        self.disk.remove()

    def _leader(self) -> int:
        """The systemd of the machine, by its number outside: the one whose innermost number is 1."""
        if self._process is None:
            raise LookupError("the machine is not up")
        for pid in _descendants(self._process.pid):
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            numbers = next(line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:"))
            if len(numbers) > 1 and numbers[-1] == "1":
                return pid
        raise LookupError("the machine is not up")


def _short(number: int) -> str:
    """In few characters."""
    text = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text


def _descendants(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [found for child in children for found in (int(child), *_descendants(int(child)))]


def heard(command: Sequence[str]) -> tuple[int, str]:
    """How a program ends that enters a machine, and what it prints, errors included.

    A machine that goes down stops all of its processes before it ends them (systemd-shutdown). nsenter stops as its
    program does, and nobody on this host would have it go on.
    """
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            while True:
                try:
                    said = process.communicate(timeout=AWAKE_SECONDS)[0]
                    return process.returncode, said
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGCONT)
        except BaseException:
            process.kill()
            raise
