"""What the watch does about the tokens: a decision that looks at nothing but its argument, and few acts."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from host import files, metrics
from host.errors import HostError
from host.metrics import Known, Sample

from pair import memory
from pair.server import cluster, postgresql
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
class HostState:
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


def decide(state: HostState) -> Act:
    """The rule."""
    if not state.is_primary:
        return Act.NOTHING
    standing = fence.standing(state.host, state.epoch, state.readings)
    if standing is fence.Standing.OUTRANKED:
        if state.is_running:
            return Act.STOP
        token = fence.highest(state.readings)
        is_switchover = token is not None and token.kind is fence.Kind.SWITCHOVER and token.holder != state.host
        follows = is_switchover and state.peer_is_primary and not state.has_diverged
        return Act.FOLLOW if follows else Act.NOTHING
    if standing is fence.Standing.FREE and not state.is_running and (state.waits or state.yielded_to is not None):
        return Act.RESUME
    return Act.NOTHING


def lacking(state: HostState) -> tuple[int, ...]:
    """Repositories that were away when this primary took its epoch, and must be told now."""
    if not (state.is_primary and state.is_running and state.epoch > 0):
        return ()
    if fence.standing(state.host, state.epoch, state.readings) is not fence.Standing.FREE:
        return ()
    return tuple(
        reading.repository
        for reading in state.readings
        if reading.is_readable and (reading.token is None or reading.token.epoch < state.epoch)
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
            state = _look(settings, readings)
            _act(settings, decide(state), state, log)
    except HostError as error:
        log(str(error))
        return False
    return False


def samples(state: HostState, before: Known, now: float) -> tuple[Sample, Sample]:
    """Whether this host is outranked, and when a token could last be read; that survives failures."""
    readable = any(reading.is_readable for reading in state.readings)
    outranked = state.is_primary and (
        fence.standing(state.host, state.epoch, state.readings) is fence.Standing.OUTRANKED
    )
    return Sample(OUTRANKED, int(outranked)), Sample(READ, now if readable else before.get((READ, None), 0.0))


def _look(settings: PairSettings, readings: tuple[fence.Reading, ...]) -> HostState:
    is_primary = not cluster.is_empty(settings.server) and not cluster.is_standby(settings.server)
    is_running = cluster.is_running(settings.server)
    epoch = fence.local_epoch(settings)
    waits = memory.WAITING.below(settings.server.state).exists()
    state = HostState(
        settings.host, is_primary, is_running, epoch, readings, yielded_to=_yielded_to(settings), waits=waits
    )
    if not is_primary or is_running or fence.standing(settings.host, epoch, readings) is not fence.Standing.OUTRANKED:
        return state
    peer_is_primary = postgresql.look_at_peer(settings).role is Role.PRIMARY
    diverged = not peer_is_primary or histories.has_diverged(settings)
    return replace(state, peer_is_primary=peer_is_primary, has_diverged=diverged)


def _act(settings: PairSettings, act: Act, state: HostState, log: Callable[[str], None]) -> None:
    token = fence.highest(state.readings)
    if act is Act.STOP:
        log(f"{settings.host} is outranked and stops PostgreSQL: {token}")
        if token is not None and token.kind is fence.Kind.SWITCHOVER:
            files.write(memory.YIELDED.below(settings.server.state), json.dumps({"epoch": token.epoch}) + "\n")
        cluster.stop(settings.server)
        log("PostgreSQL is stopped")
    elif act is Act.FOLLOW:
        log(f"{settings.peer} is the primary: {settings.host} becomes its standby")
        cluster.make_standby(settings.server)
        files.remove(memory.YIELDED.below(settings.server.state))
        cluster.start(settings.server)
        log(f"{settings.host} is the standby of {settings.peer}")
    elif act is Act.RESUME:
        why = "the repositories answer" if state.yielded_to is None else "the switchover was taken back"
        log(f"{why}: {settings.host} goes on as primary: {token}")
        fence.write_epoch(settings, fence.followed(settings.host, state.epoch, state.readings))
        cluster.start(settings.server)
        files.remove(memory.YIELDED.below(settings.server.state))


def _follow_own_token(settings: PairSettings, state: HostState) -> None:
    """A switchover that was taken back leaves this primary with a higher epoch than it knew."""
    followed = fence.followed(settings.host, state.epoch, state.readings)
    free = fence.standing(settings.host, state.epoch, state.readings) is fence.Standing.FREE
    if state.is_primary and free and followed != state.epoch:
        fence.write_epoch(settings, followed)


def _spread(settings: PairSettings, state: HostState, log: Callable[[str], None]) -> None:
    repositories = lacking(state)
    if not repositories:
        return
    with postgresql.local(settings) as connection:
        if postgresql.in_recovery(connection):
            return
        on_timeline = postgresql.timeline(connection)
    token = fence.new_token(settings, state.epoch, settings.host, fence.Kind.PROMOTION, on_timeline, command="watch")
    for repository in repositories:
        log(f"brought the token: {fence.rewrite(settings, repository, token)}")


def _yielded_to(settings: PairSettings) -> int | None:
    path = memory.YIELDED.below(settings.server.state)
    return fence.read_epoch(path) if path.is_file() else None
