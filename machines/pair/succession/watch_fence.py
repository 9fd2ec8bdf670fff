"""What the watch does about the tokens: a decision that looks at nothing but its argument, and few acts."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from host import metrics
from host.errors import HostError
from host.metrics import Known, Sample

from pair.commands import guard
from pair.server import cluster, postgres_user, postgresql
from pair.server.lock import held
from pair.server.postgresql import Role
from pair.settings import PairSettings
from pair.succession import fence, histories

METRICS = "packyard_database_watch"
"""File of the metrics below."""
OUTRANKED = "database_outranked"
READ = "database_fence_timestamp_seconds"
HELPS = {
    OUTRANKED: "whether this host would be a primary, and must not",
    READ: "when a fence token, or its absence, was last read",
}
YIELDED = "yielded"
"""File below `settings.state`: the epoch to which the watch stopped PostgreSQL for a switchover."""
LOCK_PATIENCE = 1


class Act(Enum):
    """What to do."""

    NOTHING = auto()
    STOP = auto()
    """An outranked primary runs."""
    FOLLOW = auto()
    """It yielded to a switchover, and the new primary is there: become its standby."""
    RESUME = auto()
    """It yielded to a switchover that was taken back, or could ask nobody when it was started: go on."""


@dataclass(frozen=True)
class Sight:
    """All that the decision depends on."""

    host: str
    is_primary: bool
    """PGDATA holds a database, and nothing says that it is a standby."""
    is_running: bool
    epoch: int
    readings: tuple[fence.Reading, ...]
    yielded_to: int | None = None
    """Epoch to which this host yielded; None where it did not."""
    waits: bool = False
    """Whether the guard refused its start because nobody could be asked."""
    peer_is_primary: bool = False
    has_diverged: bool = True
    """Whether this host has WAL that the peer has not, as far as is known."""


def decide(sight: Sight) -> Act:
    """The rule."""
    if not sight.is_primary:
        return Act.NOTHING
    standing = fence.standing(sight.host, sight.epoch, sight.readings)
    if standing is fence.Standing.OUTRANKED:
        if sight.is_running:
            return Act.STOP
        token = fence.highest(sight.readings)
        is_switchover = token is not None and token.kind is fence.Kind.SWITCHOVER and token.holder != sight.host
        follows = is_switchover and sight.peer_is_primary and not sight.has_diverged
        return Act.FOLLOW if follows else Act.NOTHING
    if standing is fence.Standing.FREE and not sight.is_running and (sight.waits or sight.yielded_to is not None):
        return Act.RESUME
    return Act.NOTHING


def lacking(sight: Sight) -> tuple[int, ...]:
    """Repositories that were away when this primary took its epoch, and must be told now."""
    if not (sight.is_primary and sight.is_running and sight.epoch > 0):
        return ()
    if fence.standing(sight.host, sight.epoch, sight.readings) is not fence.Standing.FREE:
        return ()
    return tuple(
        reading.repository
        for reading in sight.readings
        if reading.is_readable and (reading.token is None or reading.token.epoch < sight.epoch)
    )


def round_of(settings: PairSettings, log: Callable[[str], None]) -> bool:
    """Reads the tokens and acts; False where a soon repetition is wanted."""
    readings = fence.read(settings)
    # The promotion of this host writes its epoch first and changes PGDATA then, so PGDATA is looked at first here.
    first = _look(settings, readings)
    metrics.write(METRICS, samples(first, metrics.read(METRICS), time.time()), HELPS)
    log("; ".join(str(reading) for reading in readings if not reading.is_readable) or "all repositories answer")
    _follow_own_token(settings, first)
    _spread(settings, first, log)
    if decide(first) is Act.NOTHING:
        # While it waits for the new primary of a switchover, nobody can write.
        return first.yielded_to is None or first.is_running
    try:
        with held("pair-watch", LOCK_PATIENCE):
            # What was read cannot have got less true, but PGDATA may have changed while another held the lock.
            sight = _look(settings, readings)
            _act(settings, decide(sight), sight, log)
    except HostError as error:
        log(str(error))
        return False
    return False


def samples(sight: Sight, before: Known, now: float) -> tuple[Sample, Sample]:
    """Whether this host is outranked, and when a token could last be read; that survives failures."""
    readable = any(reading.is_readable for reading in sight.readings)
    outranked = sight.is_primary and (
        fence.standing(sight.host, sight.epoch, sight.readings) is fence.Standing.OUTRANKED
    )
    return Sample(OUTRANKED, int(outranked)), Sample(READ, now if readable else before.get((READ, None), 0.0))


def _look(settings: PairSettings, readings: tuple[fence.Reading, ...]) -> Sight:
    is_primary = not cluster.is_empty(settings) and not cluster.is_standby(settings)
    is_running = cluster.is_running(settings)
    epoch = fence.local_epoch(settings)
    waits = (settings.state / guard.WAITING).exists()
    sight = Sight(settings.host, is_primary, is_running, epoch, readings, _yielded_to(settings), waits)
    if not is_primary or is_running or fence.standing(settings.host, epoch, readings) is not fence.Standing.OUTRANKED:
        return sight
    peer_is_primary = postgresql.look_at_peer(settings).role is Role.PRIMARY
    diverged = not peer_is_primary or histories.has_diverged(settings)
    return replace(sight, peer_is_primary=peer_is_primary, has_diverged=diverged)


def _act(settings: PairSettings, act: Act, sight: Sight, log: Callable[[str], None]) -> None:
    token = fence.highest(sight.readings)
    if act is Act.STOP:
        log(f"{settings.host} is outranked and stops PostgreSQL: {token}")
        if token is not None and token.kind is fence.Kind.SWITCHOVER:
            postgres_user.write(settings.state / YIELDED, json.dumps({"epoch": token.epoch}) + "\n")
        cluster.stop(settings)
        log("PostgreSQL is stopped")
    elif act is Act.FOLLOW:
        log(f"{settings.peer} is the primary: {settings.host} becomes its standby")
        cluster.make_standby(settings)
        (settings.state / YIELDED).unlink(missing_ok=True)
        cluster.start(settings)
        log(f"{settings.host} is the standby of {settings.peer}")
    elif act is Act.RESUME:
        why = "the repositories answer" if sight.yielded_to is None else "the switchover was taken back"
        log(f"{why}: {settings.host} goes on as primary: {token}")
        fence.write_epoch(settings, fence.followed(settings.host, sight.epoch, sight.readings))
        cluster.start(settings)
        (settings.state / YIELDED).unlink(missing_ok=True)


def _follow_own_token(settings: PairSettings, sight: Sight) -> None:
    """A switchover that was taken back leaves this primary with a higher epoch than it knew."""
    followed = fence.followed(settings.host, sight.epoch, sight.readings)
    free = fence.standing(settings.host, sight.epoch, sight.readings) is fence.Standing.FREE
    if sight.is_primary and free and followed != sight.epoch:
        fence.write_epoch(settings, followed)


def _spread(settings: PairSettings, sight: Sight, log: Callable[[str], None]) -> None:
    repositories = lacking(sight)
    if not repositories:
        return
    with postgresql.local(settings) as connection:
        if postgresql.in_recovery(connection):
            return
        on_timeline = postgresql.timeline(connection)
    token = fence.new_token(settings, sight.epoch, settings.host, fence.Kind.PROMOTION, on_timeline, "watch")
    for repository in repositories:
        log(f"brought the token: {fence.rewrite(settings, repository, token)}")


def _yielded_to(settings: PairSettings) -> int | None:
    path = settings.state / YIELDED
    return fence.read_epoch(path) if path.is_file() else None
