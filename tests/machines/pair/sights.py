"""What a command may see, from one builder each: a test names only what differs from a healthy pair."""

from dataclasses import dataclass

from pair.server import wal
from pair.server.postgresql import Role, Seen
from pair.succession import observe
from pair.succession.fence import Kind, Reading, Token
from pair.succession.histories import Relation

A, B = "pg-a", "pg-b"
PRIMARY = Seen(Role.PRIMARY, timeline=3, lsn="0/5000000", streaming=True, caught_up=True)
STANDBY = Seen(
    Role.STANDBY,
    timeline=3,
    lsn="0/5000000",
    received="0/5000000",
    streaming=True,
    heartbeat_age=2.0,
    heartbeat_epoch=3,
)
AWAY = Seen(Role.AWAY, error="nothing listens")


def token(epoch: int, holder: str, kind: Kind = Kind.PROMOTION) -> Token:
    return Token(epoch, holder, kind, timeline=epoch, written="2026-11-22T03:00:00+00:00", by=f"pairctl on {holder}")


def reading(epoch: int, holder: str, kind: Kind = Kind.PROMOTION, repository: int = 1) -> Reading:
    return Reading(repository, token(epoch, holder, kind))


def both(epoch: int, holder: str, kind: Kind = Kind.PROMOTION) -> tuple[Reading, ...]:
    """Both repositories say the same."""
    return tuple(reading(epoch, holder, kind, repository) for repository in (1, 2))


UNREADABLE = tuple(Reading(repository, error="no route to it") for repository in (1, 2))


@dataclass(frozen=True)
class Pair:
    """Seen from pg-b, the standby of pg-a, which holds epoch 3."""

    here: Seen = STANDBY
    there: Seen = PRIMARY
    epoch: int = 1
    readings: tuple[Reading, ...] = both(3, A)
    is_alone: bool = False

    def state(self) -> observe.PairState:
        return observe.PairState(
            B, A, self.here, self.there, self.epoch, readings=self.readings, is_alone=self.is_alone
        )


FORK = wal.position("0/4000000")


def relation(end: int | None = FORK, fork: int | None = FORK, *, same_system: bool = True) -> Relation:
    return Relation(timeline=2, end=end, fork=fork, same_system=same_system)
