"""Everything that a command looks at before it says what it will do, asked for at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pair.server import cluster, postgresql, wal
from pair.server.postgresql import Role, Seen
from pair.settings import PairSettings
from pair.succession import fence

READ_TIMEOUT = 4
"""Seconds for a token: sign-in and one request take one in practice, and a promotion waits for it."""
READ_GRACE = 1.5
"""Seconds for the second token once the first is there: with a lost primary, its cloud's repository may be gone too."""


@dataclass(frozen=True)
class PairState:
    """Both hosts and the repositories, at one moment."""

    host: str
    peer: str
    here: Seen
    there: Seen
    epoch: int
    """That this host knows of itself."""
    readings: tuple[fence.Reading, ...]
    is_alone: bool

    @property
    def token(self) -> fence.Token | None:
        """The highest."""
        return fence.highest(self.readings)

    @property
    def next_epoch(self) -> int:
        """One above all that is known; the heartbeat counts where no repository can be read."""
        return max(self.epoch, self.here.heartbeat_epoch, self.token.epoch if self.token else 0) + 1

    @property
    def standing(self) -> fence.Standing:
        """Of this host as primary."""
        return fence.standing(self.host, self.epoch, self.readings)

    def lines(self) -> tuple[str, ...]:
        """As a person reads it."""
        return (
            f"{self.host} (here): {server_text(self.here)}; knows epoch {self.epoch}",
            f"{self.peer}: {server_text(self.there)}",
            *(str(reading) for reading in self.readings),
            *((f"commits of {self.host} do not wait for {self.peer} (alone)",) if self.is_alone else ()),
        )


def look(settings: PairSettings) -> PairState:
    """Takes READ_TIMEOUT at most, whatever is away."""
    with ThreadPoolExecutor(2) as pool:
        servers, readings = (
            pool.submit(postgresql.look_at_both, settings),
            pool.submit(fence.read, settings, READ_TIMEOUT, READ_GRACE),
        )
        here, there = servers.result()
        return PairState(
            host=settings.host,
            peer=settings.peer,
            here=here,
            there=there,
            epoch=fence.local_epoch(settings),
            readings=readings.result(),
            is_alone=cluster.is_alone(settings.server),
        )


def server_text(seen: Seen) -> str:
    """What one server says of itself, in a line."""
    if seen.role is Role.PRIMARY:
        stream = (
            ("its standby streams and has caught up" if seen.caught_up else "its standby streams, behind")
            if (seen.streaming)
            else "no standby streams"
        )
        return f"primary on timeline {seen.timeline} at {seen.lsn}; {stream}"
    if seen.role is Role.STANDBY:
        stream = "streams" if seen.streaming else "does not stream"
        return f"standby on timeline {seen.timeline}, received {seen.received or '-'}, replayed {seen.lsn}; {stream}"
    if seen.role is Role.RECOVERING:
        return f"replays a restored backup to become a primary, replayed {seen.lsn}"
    return f"{seen.role.value}: {seen.error}"


def bytes_waiting(seen: Seen) -> int:
    """On a standby, WAL that was received and is not replayed yet."""
    if not seen.received or not seen.lsn:
        return 0
    return max(wal.position(seen.received) - wal.position(seen.lsn), 0)
