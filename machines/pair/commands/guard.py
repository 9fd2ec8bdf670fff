"""`pairctl guard`: before each start of PostgreSQL, whether it may start as what PGDATA says.

A standby may always: it accepts no write. A primary must not be outranked. When nobody can be asked, a primary stays
down unless a person gives their word: two primaries cost more than a late one. It ends within half a minute whatever
is away, and takes no lock, because whoever starts PostgreSQL holds it.
"""

import argparse
import contextlib
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from host.errors import HostError

from pair.server import cluster, postgres_user, postgresql
from pair.settings import PairSettings
from pair.succession import fence

OVERRIDE = "override"
"""File below `settings.state` in which a person says why this host may be the primary."""
WAITING = "waiting"
"""File below `settings.state`: a start was refused because nobody could be asked. The watch tries again when it can."""
PEER_ATTEMPTS = 3
READ_TIMEOUT = 8
"""Seconds for each repository, all read at once."""


@dataclass(frozen=True)
class Sight:
    """All that the decision depends on."""

    host: str
    epoch: int
    is_empty: bool = False
    is_standby: bool = False
    readings: tuple[fence.Reading, ...] = ()
    peer: postgresql.Role = postgresql.Role.AWAY
    override: str = ""
    """The person's reason; empty where there is none."""


@dataclass(frozen=True)
class Verdict:
    """Whether PostgreSQL may start."""

    allowed: bool
    reason: str
    hint: str = ""
    uses_override: bool = False
    nobody_answered: bool = False
    """Refused only for want of an answer, so that an answer may change it."""


def decide(sight: Sight) -> Verdict:
    """The rule; it looks at nothing but its argument."""
    if sight.is_empty:
        return Verdict(allowed=True, reason="PGDATA is empty")
    if sight.is_standby:
        return Verdict(allowed=True, reason="a standby accepts no write")
    standing = fence.standing(sight.host, sight.epoch, sight.readings)
    if standing is fence.Standing.OUTRANKED:
        token = fence.highest(sight.readings)
        return Verdict(
            allowed=False,
            reason=f"{sight.host} knows epoch {sight.epoch}, and is outranked: {token}",
            hint="pairctl rejoin makes it the standby",
        )
    if standing is fence.Standing.FREE:
        return Verdict(allowed=True, reason=f"no token outranks {sight.host}")
    if sight.peer is postgresql.Role.STANDBY:
        return Verdict(allowed=True, reason="no repository can be read, and the peer is in recovery")
    if sight.peer is postgresql.Role.PRIMARY:
        return Verdict(
            allowed=False,
            reason="no repository can be read, and the peer is the primary",
            hint="pairctl rejoin makes this host its standby",
        )
    if sight.override:
        return Verdict(
            allowed=True, reason=f"no repository can be read; a person says: {sight.override}", uses_override=True
        )
    return Verdict(
        allowed=False,
        reason="neither a repository nor the peer can be asked who the primary is",
        nobody_answered=True,
        hint=f"who is sure that the peer is no primary writes the reason into the file {OVERRIDE} of the state folder",
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none: systemd calls it."""
    del parser


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """Raises HostError to refuse."""
    del options
    sight = see(settings)
    verdict = decide(sight)
    _remember(settings, verdict)
    if not verdict.allowed:
        raise HostError(f"PostgreSQL must not start: {verdict.reason}", _hint(verdict, settings))
    if verdict.uses_override:
        _override(settings).unlink()
    _follow(settings, sight)
    sys.stdout.write(f"PostgreSQL may start: {verdict.reason}\n")
    return 0


def see(settings: PairSettings) -> Sight:
    """Asks only as far as the answer can matter."""
    sight = Sight(
        host=settings.host,
        epoch=0,
        is_empty=cluster.is_empty(settings),
        is_standby=cluster.is_standby(settings),
    )
    if sight.is_empty or sight.is_standby:
        return sight
    epoch, readings = fence.local_epoch(settings), fence.read(settings, READ_TIMEOUT)
    known = Sight(host=settings.host, epoch=epoch, readings=readings)
    if fence.standing(settings.host, epoch, readings) is not fence.Standing.UNKNOWN:
        return known
    for reading in readings:
        sys.stderr.write(f"pairctl guard: {reading}\n")
    return Sight(host=settings.host, epoch=epoch, readings=readings, peer=_peer(settings), override=_word(settings))


def _remember(settings: PairSettings, verdict: Verdict) -> None:
    """On a full disk the watch does not know; a person still does."""
    with contextlib.suppress(OSError):
        if verdict.nobody_answered:
            postgres_user.write(settings.state / WAITING, f"{verdict.reason}\n")
        else:
            (settings.state / WAITING).unlink(missing_ok=True)


def _peer(settings: PairSettings) -> postgresql.Role:
    """One lost packet, or a peer that is just starting, must not keep a primary down."""
    role = postgresql.Role.AWAY
    for _ in range(PEER_ATTEMPTS):
        role = postgresql.look_at_peer(settings).role
        if role in (postgresql.Role.PRIMARY, postgresql.Role.STANDBY):
            break
        time.sleep(1)
    return role


def _follow(settings: PairSettings, sight: Sight) -> None:
    """A token of this host may be newer than its file, which may come from a snapshot of the disk."""
    followed = fence.followed(sight.host, sight.epoch, sight.readings)
    if followed != sight.epoch:
        fence.write_epoch(settings, followed)


def _override(settings: PairSettings) -> Path:
    return settings.state / OVERRIDE


def _word(settings: PairSettings) -> str:
    """The person's reason; an empty file gives none."""
    path = _override(settings)
    return " ".join(path.read_text(encoding="utf-8", errors="replace").split()) if path.is_file() else ""


def _hint(verdict: Verdict, settings: PairSettings) -> str:
    return verdict.hint.replace(f"the file {OVERRIDE} of the state folder", str(_override(settings)))
