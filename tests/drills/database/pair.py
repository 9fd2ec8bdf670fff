"""The pair as the drills see it: what it is now, how it is asked and told, and whether it is whole again."""

import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from lab.errors import LabError
from lab.network.network import Process
from tests.drills import runbooks
from tests.drills.database.application import RATE, Application
from tests.drills.database.lab import PairLab
from tests.drills.runbooks import HOSTS

UNIT = "postgresql@17-main"
DATA = "/var/lib/postgresql"
CERTIFICATES = "/etc/postgresql/17/main/certificates"

PSQL = "psql -XAtq -v ON_ERROR_STOP=1 -U postgres -c 'set synchronous_commit = local'"
"""As root by the socket: a drill that looks must not wait for a standby that is away."""

CLIENT = "10.16.0.17"
"""Address of the application; one of the lab's `appCidrs`."""

NEVER = """[Timer]
OnActiveSec=
OnUnitInactiveSec=
OnActiveSec=1d
OnUnitInactiveSec=1d
"""
"""Longer than any run of the drills."""

WRITER = Path(__file__).with_name("writer.py")


class Pair:
    """Both hosts, by name. Roles are asked for, never remembered."""

    def __init__(self, lab: PairLab) -> None:
        self.lab = lab
        self.journal = lab.folder / "runbooks.log"
        """What the commands of the runbooks answered, for whoever looks into a failure."""
        self._numbers = 0
        """Highest number that a writer may have used."""

    def prepare(self) -> None:
        """Waits until the lab has made the pair, and gives it an application."""
        self.lab.wait_converged()
        for host in HOSTS:
            self.calm(host)
        self.wait_until_whole(300)
        primary = self.primary
        self.sql(primary, "create role app login password 'drill'")
        self.sql(primary, "create database app owner app")
        self.sql(primary, "create table writes (number bigint primary key)", "app")
        self.sql(primary, "alter table writes owner to app", "app")
        self.wait_until_whole()

    def calm(self, host: str) -> None:
        """Converge starts when a drill wants it: by its timer it would meet one drill or another, and their times.

        After a boot too; converge enables its timer again, so the timer is told to wait.
        """
        self.wait(lambda: self.is_idle(host, "packyard-converge"), 300, f"{host} has converged")
        timer = "packyard-converge.timer"
        self.write(host, f"/etc/systemd/system/{timer}.d/zz-drill.conf", NEVER)
        self.run(host, f"systemctl stop {timer}; systemctl daemon-reload; systemctl start {timer}")

    # What it is

    @property
    def primary(self) -> str:
        """The only host that accepts writes."""
        found = self.writable()
        assert len(found) == 1, f"primaries: {', '.join(found) or 'none'}"
        return found[0]

    @property
    def standby(self) -> str:
        """The other one."""
        return self.other(self.primary)

    @staticmethod
    def other(host: str) -> str:
        """The peer of a host."""
        return HOSTS[1 - HOSTS.index(host)]

    def writable(self) -> list[str]:
        """Hosts that accept writes; more than one is the end of the pair."""
        return [host for host in HOSTS if self.accepts_writes(host)]

    def accepts_writes(self, host: str) -> bool:
        """Whether a transaction can be committed there now."""
        return self._ask(host, "select pg_current_xact_id()") is not None

    def is_running(self, host: str) -> bool:
        """Whether PostgreSQL of a host answers."""
        return self._ask(host, "select 1") == "1"

    def is_streaming(self) -> bool:
        """Whether the primary sends to its standby."""
        return "streaming" in self.sql(self.primary, "select state from pg_stat_replication")

    def is_alone(self, host: str) -> bool:
        """Whether commits of a primary wait for nobody."""
        return self.sql(host, "show synchronous_standby_names") == ""

    def faults(self) -> list[str]:
        """Why the pair is not whole; empty where it is."""
        writers = self.writable()
        if len(writers) != 1:
            return [f"primaries: {', '.join(writers) or 'none'}"]
        primary, standby = writers[0], self.other(writers[0])
        name = standby.replace("-", "_")
        found: list[str] = []
        stream = self._ask(primary, "select application_name, state, sync_state from pg_stat_replication")
        if stream != f"{name}|streaming|sync":
            found.append(f"pg_stat_replication of {primary}: {stream or 'nobody'}")
        slots = self._ask(primary, "select slot_name, active, wal_status from pg_replication_slots")
        if not re.fullmatch(rf"{name}\|t\|(reserved|extended)", slots or ""):
            found.append(f"slots of {primary}: {slots or 'none'}")
        if self._ask(standby, "select pg_is_in_recovery()") != "t":
            found.append(f"{standby} is no standby")
        return found

    def wait_until_whole(self, seconds: float = 120) -> None:
        """Until a synchronous standby streams and has everything that the primary had."""
        self.wait(lambda: not self.faults(), seconds, lambda: f"the pair is whole: {'; '.join(self.faults())}")
        primary, standby = self.primary, self.standby
        position = self.sql(primary, "select pg_current_wal_lsn()")
        query = f"select pg_last_wal_replay_lsn() >= '{position}'"
        self.wait(lambda: self.sql(standby, query) == "t", 60, f"{standby} has replayed {position}")

    def is_idle(self, host: str, unit: str) -> bool:
        """Whether a unit neither runs nor is about to."""
        return self.run(host, f"systemctl is-active {unit}", check=False).strip() in ("inactive", "failed")

    def metric(self, host: str, name: str) -> float:
        """A metric as the node exporter would serve it, written now."""
        self.run(host, "pairctl metrics", check=False)
        text = self.run(host, "cat /var/lib/packyard/metrics/packyard_database*.prom")
        found = re.search(rf"^packyard_{name} (\S+)$", text, re.MULTILINE)
        assert found, f"{host} writes no {name}:\n{text}"
        return float(found[1])

    # How it is asked and told

    def run(self, host: str, command: str, *, check: bool = True) -> str:
        """What a command line prints on a host, as root."""
        return self.lab.machine(host).run("bash", "-c", command, check=check)

    def sql(self, host: str, statement: str, database: str = "postgres", port: int = 5432) -> str:
        """What a statement answers, as a superuser; columns parted by bars."""
        return self.run(host, f"{PSQL} -p {port} -d {database} -c {_quoted(statement)}").strip()

    def follow(
        self, runbook: str, label: str, words: Mapping[str, str] | None = None, *, primary: str | None = None
    ) -> list[str]:
        """Runs a block of a runbook from its file; what its commands printed.

        The pages are written for pg-a as the primary. `primary` has its place here, and is the present one if left out.
        """
        swapped = (primary or self.primary) == HOSTS[1]
        block = runbooks.find(runbook, label)
        commands = [command.filled(words or {}, swapped=swapped) for command in block.commands]
        answers: list[str] = []
        for command in commands:
            answers.append(self.run(command.place, command.text))
            with self.journal.open("a", encoding="utf-8") as journal:
                journal.write(f"{command.place}# {command.text}\n{answers[-1]}\n")
        return answers

    def write(self, host: str, path: str, text: str) -> None:
        """A file on a host, readable by all."""
        self.run(host, f"mkdir -p {path.rpartition('/')[0]} && cat > {path} <<'END-OF-FILE'\n{text}END-OF-FILE")

    def document(self, host: str, keys: str) -> str:
        """A value of the settings of a host, by Python's subscripts."""
        program = f"import json; print(json.load(open('/etc/packyard/pair.json')){keys})"
        return self.run(host, f'python3 -c "{program}"').strip()

    def wait(self, what: Callable[[], bool], seconds: float, promise: str | Callable[[], str]) -> None:
        """Waits until it is so; else fails with the promise."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if what():
                return
            time.sleep(0.2)
        raise AssertionError(f"not within {seconds:.0f} s: {promise if isinstance(promise, str) else promise()}")

    def a_moment(self) -> str:
        """A time, as PostgreSQL and pgBackRest take it, with nothing else done in the second around it."""
        time.sleep(1.1)
        moment = self.sql(self.primary, "select to_char(clock_timestamp(), 'YYYY-MM-DD HH24:MI:SS+00')")
        time.sleep(1.1)
        return moment

    # The application

    def writer(self, mode: str) -> Application:
        """A writer that asks for this synchronous_commit."""
        first = self._numbers
        self._numbers += 1_000_000
        ledger = self.lab.folder / f"ledger-{first}"
        authority = self.lab.folder / "authority.pem"
        authority.write_text(self.run(self.primary, f"cat {CERTIFICATES}/authority.pem"), encoding="utf-8")
        hosts = [f"{host}={self.lab.machine(host).seat.private}" for host in HOSTS]
        words = (str(WRITER), str(ledger), str(RATE), mode, str(first), str(authority), *hosts)

        def start() -> Process:
            with ledger.with_suffix(".log").open("wb") as log:
                return self.lab.start_client(sys.executable, *words, address=CLIENT, log=log)

        return Application(start, ledger)

    def present(self) -> set[int]:
        """Numbers that the primary has."""
        return {int(line) for line in self.sql(self.primary, "select number from writes", "app").split()}

    # Faults of every day

    def power_off(self, host: str) -> float:
        """Takes the power from a machine; when that was."""
        moment = time.time()
        self.lab.machine(host).kill()
        return moment

    def power_on(self, host: str) -> None:
        """Boots it again, and waits until its services are up or have refused to be."""
        self.lab.machine(host).boot()
        self.wait(self.lab.machine(host).is_up, 90, f"{host} boots")

    def cut_link(self) -> float:
        """Nothing passes between the hosts any more; when that was."""
        self.lab.cut_link()
        return time.time()

    def mend_link(self) -> float:
        """It passes again; when that was."""
        self.lab.mend_link()
        return time.time()

    # Inside

    def _ask(self, host: str, statement: str) -> str | None:
        """What a statement answers; None where it fails, hangs, or the machine is down."""
        try:
            return self.run(host, f"timeout 6 {PSQL} -c {_quoted(statement)} 2> /dev/null").strip()
        except (LabError, LookupError):
            return None


def _quoted(text: str) -> str:
    """For the shell."""
    return "'" + text.replace("'", "'\\''") + "'"
