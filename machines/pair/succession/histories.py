"""How this host's WAL and the peer's relate: one timeline, a branch that ended, or two that went apart."""

from dataclasses import dataclass

from host.errors import HostError

from pair.server import cluster, postgresql, wal
from pair.server.postgresql import Role, Seen
from pair.settings import PairSettings


@dataclass(frozen=True)
class Relation:
    """The WAL of this host, held against the peer's."""

    timeline: int
    """This host's newest."""
    end: int | None
    """Of the WAL on this host; None where it cannot be told."""
    fork: int | None
    """Where the peer left this host's timeline; None where both are on one."""
    same_system: bool
    """Whether both come from one initdb; two that do not can never be a pair."""

    @property
    def diverged(self) -> int:
        """Bytes of WAL that the peer has not; an unknown end counts as a byte."""
        if self.fork is None:
            return 0
        return 1 if self.end is None else wal.diverged_bytes(self.end, self.fork)


def relation(settings: PairSettings, here: Seen) -> Relation:
    """Asks the peer, which must be a running primary, and reads what is here. Raises HostError, psycopg.Error."""
    control = cluster.control(settings.server)
    with postgresql.peer(settings) as connection:
        system = str(postgresql.one(connection, "select system_identifier from pg_control_system()")[0])
        if system != control.system:
            return Relation(control.timeline, None, None, same_system=False)
        peer_timeline = postgresql.timeline(connection)
        switches = wal.history(_history_text(connection, peer_timeline))
    own, end = _own_end(settings, here, control)
    return Relation(own, end, wal.fork(own, peer_timeline, switches), same_system=True)


def has_diverged(settings: PairSettings) -> bool:
    """Whether a stopped primary may not simply follow the peer. Raises HostError, psycopg.Error."""
    control = cluster.control(settings.server)
    if control.state is not cluster.State.SHUT_DOWN:
        return True
    found = relation(settings, Seen(Role.AWAY))
    return not found.same_system or found.diverged > 0


def _own_end(settings: PairSettings, here: Seen, control: cluster.Control) -> tuple[int, int | None]:
    if here.role is Role.PRIMARY:
        return here.timeline, wal.position(here.lsn)
    if here.role is Role.STANDBY:
        known = [wal.position(lsn) for lsn in (here.lsn, here.received) if lsn]
        return here.timeline, max(known, default=None)
    own = cluster.own_timeline(settings.server, control)
    last = cluster.last_record(settings.server, control.redo, own)
    return own, None if last is None else last.end


def _history_text(connection: postgresql.Connection, of_timeline: int) -> str:
    """Of the peer; the first timeline has none."""
    if of_timeline == 1:
        return ""
    name = f"pg_wal/{wal.history_name(of_timeline)}"
    try:
        return bytes(postgresql.one(connection, "select pg_read_binary_file(%s)", name)[0]).decode()
    except UnicodeDecodeError as error:
        raise HostError(f"{name} of the peer is no text: {error}") from None
