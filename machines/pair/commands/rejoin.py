"""`pairctl rejoin`: this host becomes the standby of the primary again, or anew.

It takes the cheapest way that is sound: follow where this host has nothing that the primary lacks, rewind where it has
a little, restore from the repositories where it has nothing. What only this host has is copied aside before.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import psycopg
from host import accounts
from host.errors import HostError

from pair.repositories import pgbackrest
from pair.server import cluster, postgres_user, postgresql, slots, timeline
from pair.server.lock import held
from pair.server.postgresql import Role
from pair.settings import PairSettings
from pair.succession import fence, histories, observe, watch_fence
from pair.succession.histories import Relation

REBUILD = "rebuild"
"""File below `settings.state` while PGDATA is being rewound: half of a rewind is no database."""
REWIND_TIMEOUT = 6 * 3600
RESTORE_TIMEOUT = 48 * 3600
STREAM_TIMEOUT = 600
"""Seconds after the start until the standby must stream; it reads the archive first."""
PAUSE = 0.5
SHOWN_EVERY = 5.0


class Way(Enum):
    """How this host gets there."""

    NOTHING = "it streams already"
    SLOT = "make its slot on the primary anew; the archive brings what the slot no longer has"
    FOLLOW = "start as standby; this host has no WAL that the primary lacks"
    REWIND = "pg_rewind: pages that changed since the hosts parted are fetched from the primary"
    RESTORE = "restore from the repositories; files that are alike stay"


@dataclass(frozen=True)
class Ready:
    """What a rejoin looks at beside the common sight."""

    sight: observe.Sight
    is_empty: bool = False
    is_half_rewound: bool = False
    relation: Relation | None = None
    """None for an empty PGDATA, or while the peer is no primary."""
    cannot_rewind: str = ""
    """Why the relation could not be told."""


def way(ready: Ready, *, from_repository: bool) -> Way:
    """The way, for a host that may rejoin."""
    here, relation = ready.sight.here, ready.relation
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
    sight = ready.sight
    if sight.there.role is not Role.PRIMARY:
        return HostError(
            f"{sight.peer} is no primary that could be followed: {observe.server_text(sight.there)}",
            f"pairctl status on {sight.peer}; its promotion comes first",
        )
    if sight.here.role is Role.PRIMARY and sight.standing is not fence.Standing.OUTRANKED:
        return HostError(
            f"{sight.host} runs as primary, and no token outranks it",
            "which of the two is right is a person's decision: systemctl stop postgresql, on the wrong one",
        )
    if ready.cannot_rewind and not (from_repository or ready.is_empty or ready.is_half_rewound):
        return HostError(ready.cannot_rewind, "pairctl rejoin --from-repository")
    if ready.relation is not None and not ready.relation.same_system and not from_repository:
        return HostError(
            f"PGDATA of {sight.host} comes from another initdb than the one of {sight.peer}",
            "pairctl rejoin --from-repository, if it may be overwritten",
        )
    return None


def account(ready: Ready, chosen: Way) -> accounts.Account:
    """What a person reads first."""
    sight, relation = ready.sight, ready.relation
    return accounts.Account(
        title=f"rejoin {sight.host} to {sight.peer}",
        seen=(*sight.lines(), *((_relation_text(sight, relation),) if relation else ("PGDATA is empty",))),
        steps=tuple(_steps(ready, chosen)),
        losses=_losses(sight, relation),
    )


def _steps(ready: Ready, chosen: Way) -> Iterator[str]:
    sight, relation = ready.sight, ready.relation
    if chosen is Way.NOTHING:
        yield f"nothing: {chosen.value}"
        return
    if chosen is Way.SLOT:
        yield chosen.value
        yield "wait until it streams"
        return
    if sight.here.role is not Role.AWAY:
        yield "stop PostgreSQL"
    if relation is not None and relation.diverged:
        yield "copy the WAL that only this host has to a folder diverged-<time>"
    yield chosen.value
    yield f"make the slot on {sight.peer}"
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
    """The common sight, and how this host's WAL relates to the peer's."""
    sight = observe.look(settings)
    is_empty = cluster.is_empty(settings)
    half = (settings.state / REBUILD).exists()
    if is_empty or sight.there.role is not Role.PRIMARY:
        return Ready(sight, is_empty, half)
    try:
        return Ready(sight, is_empty, half, histories.relation(settings, sight.here))
    except (HostError, psycopg.Error, LookupError) as error:
        return Ready(sight, is_empty, half, cannot_rewind=" ".join(str(error).split()))


def _rejoin(settings: PairSettings, ready: Ready, chosen: Way, progress: accounts.Progress) -> None:
    if chosen is Way.NOTHING:
        progress("it streams already")
        return
    if chosen is Way.SLOT:
        slots.ensure_at_peer(settings)
    else:
        if cluster.is_running(settings):
            cluster.stop(settings)
            progress("PostgreSQL is stopped")
        _keep(settings, ready, progress)
        if chosen is Way.REWIND:
            _rewind(settings)
        elif chosen is Way.RESTORE:
            restore(settings, repository_with_a_backup(settings))
        follow(settings, ready.sight.token, progress)
    wait_until_streaming(settings, progress)


def _keep(settings: PairSettings, ready: Ready, progress: accounts.Progress) -> None:
    relation = ready.relation
    if relation is None or relation.fork is None or not relation.diverged:
        return
    folder, count = cluster.keep_diverged(settings, relation.timeline, relation.fork, relation.end)
    progress(f"{count} segments that only this host has: {folder}")


def _rewind(settings: PairSettings) -> None:
    """With -c: the recovery of a crashed primary recycles WAL that the rewind needs, and the archive has it.

    restore_command is read from the configuration outside PGDATA, which a rewind cannot overwrite.
    """
    postgres_user.write(settings.state / REBUILD, "a rewind has begun\n")
    words = [
        str(settings.programs / "pg_rewind"),
        f"--target-pgdata={settings.data}",
        f"--source-server={postgresql.peer_conninfo(settings, postgresql.REWIND_USER)}",
        f"--config-file={settings.configuration / 'postgresql.conf'}",
        "--restore-target-wal",
        "--progress",
    ]
    try:
        postgres_user.run(settings, words, timeout=REWIND_TIMEOUT, shown=True)
    except HostError as error:
        raise HostError(f"{error.message}, see above", "pairctl rejoin --from-repository") from None


def restore(settings: PairSettings, repository: int) -> None:
    """The newest backup of a repository. Raises HostError.

    That pgBackRest writes the repository into restore_command does not matter: `make_standby` takes that out.
    """
    postgres_user.make_folder(settings.data)
    options = ("--delta", "--type=standby")
    pgbackrest.run(settings, "restore", *options, repository=repository, timeout=RESTORE_TIMEOUT, shown=True)


def repository_with_a_backup(settings: PairSettings) -> int:
    """One that answers, that of this cloud first: pgBackRest would wait for one that is away. Raises HostError."""
    complaints: list[str] = []
    for repository in sorted(settings.repositories, key=lambda repository: not repository.is_own):
        try:
            if any(found.backups for found in pgbackrest.info(settings, repository.number)):
                return repository.number
            complaints.append(f"repository {repository.number} has no backup")
        except HostError as error:
            complaints.append(f"repository {repository.number}: {error.message}")
    raise HostError("; ".join(complaints), "pairctl status shows which repository answers")


def follow(settings: PairSettings, token: fence.Token | None, progress: accounts.Progress) -> None:
    """Starts what is in PGDATA as the standby of the peer. Raises HostError."""
    cluster.make_standby(settings)
    if token is not None:
        fence.write_epoch(settings, token.epoch)
    for marker in (REBUILD, watch_fence.YIELDED):
        (settings.state / marker).unlink(missing_ok=True)
    slots.ensure_at_peer(settings)
    progress(f"slot {settings.name} on {settings.peer} is there")
    cluster.start(settings)
    progress("PostgreSQL is started as standby")


def wait_until_streaming(settings: PairSettings, progress: accounts.Progress) -> None:
    """Raises HostError when the standby does not stream in time."""
    end, shown_at = time.monotonic() + STREAM_TIMEOUT, 0.0
    while time.monotonic() < end:
        seen = postgresql.look(settings)
        if seen.role is Role.STANDBY and seen.streaming:
            with postgresql.local(settings) as connection:
                for name in slots.drop_unused(connection):
                    progress(f"slot {name} dropped: a standby has no standby")
            progress(f"{settings.host} streams from {settings.peer} on timeline {seen.timeline}")
            return
        if time.monotonic() - shown_at >= SHOWN_EVERY:
            shown_at = time.monotonic()
            progress(f"replayed {seen.lsn}" if seen.role is Role.STANDBY else seen.role.value)
        time.sleep(PAUSE)
    raise HostError(
        f"{settings.host} did not stream within {STREAM_TIMEOUT} s", f"journalctl -u {settings.unit} -e tells why"
    )


def _relation_text(sight: observe.Sight, relation: Relation) -> str:
    if not relation.same_system:
        return f"PGDATA of {sight.host} comes from another initdb"
    if relation.fork is None:
        return f"both hosts are on timeline {relation.timeline}"
    end = "unknown" if relation.end is None else timeline.lsn_text(relation.end)
    left = f"{sight.peer} left timeline {relation.timeline} at {timeline.lsn_text(relation.fork)}"
    return f"{left}; {sight.host} ends at {end}"


def _losses(sight: observe.Sight, relation: Relation | None) -> tuple[str, ...]:
    if relation is None or not relation.diverged:
        return ()
    amount = "an unknown amount" if relation.end is None else f"{relation.diverged} bytes"
    return (f"{amount} of WAL that {sight.host} has and {sight.peer} has not; a copy is kept",)
