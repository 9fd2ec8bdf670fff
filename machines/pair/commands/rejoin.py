"""`pairctl rejoin`: this host becomes the standby of the primary again, or anew.

It takes the cheapest way that is sound: follow where this host has nothing that the primary lacks, rewind where it has
a little, restore from the repositories where it has nothing. What only this host has is copied aside before.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import psycopg
from host import accounts, files
from host.errors import HostError

from pair import memory
from pair.server import cluster, postgres_user, postgresql, slots, wal
from pair.server.lock import held
from pair.server.postgresql import Role
from pair.settings import PairSettings
from pair.succession import fence, histories, observe, standby
from pair.succession.histories import Relation

REWIND_TIMEOUT = 6 * 3600


class Way(Enum):
    """How this host gets there."""

    NOTHING = "it streams already"
    SLOT = "make its slot on the primary anew; the archive brings what the slot no longer has"
    FOLLOW = "start as standby; this host has no WAL that the primary lacks"
    REWIND = "pg_rewind: pages that changed since the hosts parted are fetched from the primary"
    RESTORE = "restore from the repositories; files that are alike stay"


@dataclass(frozen=True)
class Ready:
    """What a rejoin looks at beside the common state."""

    state: observe.PairState
    is_empty: bool = False
    is_half_rewound: bool = False
    relation: Relation | None = None
    """None for an empty PGDATA, or while the peer is no primary."""
    cannot_rewind: str = ""
    """Why the relation could not be told."""


def way(ready: Ready, *, from_repository: bool) -> Way:
    """The way, for a host that may rejoin."""
    here, relation = ready.state.here, ready.relation
    if ready.is_empty or from_repository or ready.is_half_rewound or relation is None:
        return Way.RESTORE
    if not relation.same_system:
        return Way.RESTORE
    if relation.diverged:
        return Way.REWIND
    if here.role is Role.STANDBY:
        return Way.NOTHING if here.streaming else Way.SLOT
    return Way.FOLLOW


def refusal(ready: Ready, *, from_repository: bool) -> HostError | None:
    """Why this host must not become the standby now; None where it may."""
    state = ready.state
    if state.there.role is not Role.PRIMARY:
        return HostError(
            f"{state.peer} is no primary that could be followed: {observe.server_text(state.there)}",
            f"pairctl status on {state.peer}; its promotion comes first",
        )
    if state.here.role is Role.PRIMARY and state.standing is not fence.Standing.OUTRANKED:
        return HostError(
            f"{state.host} runs as primary, and no token outranks it",
            "which of the two is right is a person's decision: systemctl stop postgresql, on the wrong one",
        )
    if ready.cannot_rewind and not (from_repository or ready.is_empty or ready.is_half_rewound):
        return HostError(ready.cannot_rewind, "pairctl rejoin --from-repository")
    if ready.relation is not None and not ready.relation.same_system and not from_repository:
        return HostError(
            f"PGDATA of {state.host} comes from another initdb than the one of {state.peer}",
            "pairctl rejoin --from-repository, if it may be overwritten",
        )
    return None


def account(ready: Ready, chosen: Way) -> accounts.Account:
    """What a person reads first."""
    state, relation = ready.state, ready.relation
    return accounts.Account(
        title=f"rejoin {state.host} to {state.peer}",
        seen=(*state.lines(), *((_relation_text(state, relation),) if relation else ("PGDATA is empty",))),
        steps=tuple(_steps(ready, chosen)),
        losses=_losses(state, relation),
    )


def _steps(ready: Ready, chosen: Way) -> Iterator[str]:
    state, relation = ready.state, ready.relation
    if chosen is Way.NOTHING:
        yield f"nothing: {chosen.value}"
        return
    if chosen is Way.SLOT:
        yield chosen.value
        yield "wait until it streams"
        return
    if state.here.role is not Role.AWAY:
        yield "stop PostgreSQL"
    if relation is not None and relation.diverged:
        yield "copy the WAL that only this host has to a folder diverged-<time>"
    yield chosen.value
    yield f"make the slot on {state.peer}"
    yield "start as standby, wait until it streams"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options."""
    accounts.add_arguments(parser)
    parser.add_argument(
        "--from-repository", action="store_true", help="restore from the repositories, whatever is in PGDATA"
    )


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """Raises HostError."""
    forced = bool(options.from_repository)
    with accounts.agreed_on(
        held("pairctl rejoin"),
        options,
        lambda: look(settings),
        lambda ready: refusal(ready, from_repository=forced),
        lambda ready: account(ready, way(ready, from_repository=forced)),
    ) as ready:
        if ready is not None:
            _rejoin(settings, ready, way(ready, from_repository=forced), accounts.Progress())
    return 0


def look(settings: PairSettings) -> Ready:
    """The common state, and how this host's WAL relates to the peer's."""
    state = observe.look(settings)
    is_empty = cluster.is_empty(settings.server)
    half = memory.REBUILD.below(settings.server.state).exists()
    if is_empty or state.there.role is not Role.PRIMARY:
        return Ready(state, is_empty, half)
    try:
        return Ready(state, is_empty, half, histories.relation(settings, state.here))
    except (HostError, psycopg.Error, LookupError) as error:
        return Ready(state, is_empty, half, cannot_rewind=" ".join(str(error).split()))


def _rejoin(settings: PairSettings, ready: Ready, chosen: Way, progress: accounts.Progress) -> None:
    if chosen is Way.NOTHING:
        progress("it streams already")
        return
    if chosen is Way.SLOT:
        slots.ensure_at_peer(settings)
    else:
        if cluster.is_running(settings.server):
            cluster.stop(settings.server)
            progress("PostgreSQL is stopped")
        _keep(settings, ready, progress)
        if chosen is Way.REWIND:
            _rewind(settings)
        elif chosen is Way.RESTORE:
            standby.restore(settings, standby.repository_with_a_backup(settings))
        standby.follow(settings, ready.state.token, progress)
    standby.wait_until_streaming(settings, progress)


def _keep(settings: PairSettings, ready: Ready, progress: accounts.Progress) -> None:
    relation = ready.relation
    if relation is None or relation.fork is None or not relation.diverged:
        return
    folder, count = cluster.keep_diverged(settings.server, relation.timeline, relation.fork, relation.end)
    progress(f"{count} segments that only this host has: {folder}")


def _rewind(settings: PairSettings) -> None:
    """With -c: the recovery of a crashed primary recycles WAL that the rewind needs, and the archive has it.

    restore_command is read from the configuration outside PGDATA, which a rewind cannot overwrite.
    """
    files.write(memory.REBUILD.below(settings.server.state), "a rewind has begun\n")
    words = [
        str(settings.server.programs / "pg_rewind"),
        f"--target-pgdata={settings.server.data}",
        f"--source-server={postgresql.peer_conninfo(settings, postgresql.REWIND_USER)}",
        f"--config-file={settings.server.configuration / 'postgresql.conf'}",
        "--restore-target-wal",
        "--progress",
    ]
    try:
        postgres_user.run(settings.server, words, timeout=REWIND_TIMEOUT, shown=True)
    except HostError as error:
        raise HostError(f"{error.message}, see above", "pairctl rejoin --from-repository") from None


def _relation_text(state: observe.PairState, relation: Relation) -> str:
    if not relation.same_system:
        return f"PGDATA of {state.host} comes from another initdb"
    if relation.fork is None:
        return f"both hosts are on timeline {relation.timeline}"
    end = "unknown" if relation.end is None else wal.lsn_text(relation.end)
    left = f"{state.peer} left timeline {relation.timeline} at {wal.lsn_text(relation.fork)}"
    return f"{left}; {state.host} ends at {end}"


def _losses(state: observe.PairState, relation: Relation | None) -> tuple[str, ...]:
    if relation is None or not relation.diverged:
        return ()
    amount = "an unknown amount" if relation.end is None else f"{relation.diverged} bytes"
    return (f"{amount} of WAL that {state.host} has and {state.peer} has not; a copy is kept",)
