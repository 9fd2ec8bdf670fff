"""`pairctl guard`: before each start of PostgreSQL, whether it may start as what PGDATA says.

A standby may always: it accepts no write. A primary must not be outranked. When nobody can be asked, a primary stays
down unless a person gives their word: two primaries cost more than a late one. It ends within half a minute whatever
is away, and takes no lock, because whoever starts PostgreSQL holds it.
"""

import argparse
import contextlib
import sys
import time
from pathlib import Path

from host import files
from host.errors import HostError

from pair import memory
from pair.server import cluster, postgresql
from pair.settings import PairSettings
from pair.succession import admission, fence
from pair.succession.admission import StartConditions

PEER_ATTEMPTS = 3
READ_TIMEOUT = 8
"""Seconds for each repository, all read at once."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none: systemd calls it."""
    del parser


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """Raises HostError to refuse."""
    del options
    conditions = see(settings)
    verdict = admission.decide(conditions)
    _remember(settings, verdict)
    if not verdict.allowed:
        raise HostError(f"PostgreSQL must not start: {verdict.reason}", _hint(verdict, settings))
    if verdict.uses_override:
        files.remove(_override(settings))
    _follow(settings, conditions)
    sys.stdout.write(f"PostgreSQL may start: {verdict.reason}\n")
    return 0


def see(settings: PairSettings) -> StartConditions:
    """Asks only as far as the answer can matter."""
    conditions = StartConditions(
        host=settings.host,
        epoch=0,
        is_empty=cluster.is_empty(settings.server),
        is_standby=cluster.is_standby(settings.server),
    )
    if conditions.is_empty or conditions.is_standby:
        return conditions
    epoch, readings = fence.local_epoch(settings), fence.read(settings, READ_TIMEOUT)
    known = StartConditions(host=settings.host, epoch=epoch, readings=readings)
    if fence.standing(settings.host, epoch, readings) is not fence.Standing.UNKNOWN:
        return known
    for reading in readings:
        sys.stderr.write(f"pairctl guard: {reading}\n")
    return StartConditions(
        host=settings.host, epoch=epoch, readings=readings, peer=_peer(settings), override=_word(settings)
    )


def _remember(settings: PairSettings, verdict: admission.Verdict) -> None:
    """On a full disk, or in a folder that is not root's yet, the watch does not know; a person still does."""
    with contextlib.suppress(OSError, HostError):
        if verdict.nobody_answered:
            files.write(memory.WAITING.below(settings.server.state), f"{verdict.reason}\n")
        else:
            files.remove(memory.WAITING.below(settings.server.state))


def _peer(settings: PairSettings) -> postgresql.Role:
    """One lost packet, or a peer that is just starting, must not keep a primary down."""
    role = postgresql.Role.AWAY
    for _ in range(PEER_ATTEMPTS):
        role = postgresql.look_at_peer(settings).role
        if role in (postgresql.Role.PRIMARY, postgresql.Role.STANDBY):
            break
        time.sleep(1)
    return role


def _follow(settings: PairSettings, conditions: StartConditions) -> None:
    """A token of this host may be newer than its file, which may come from a snapshot of the disk."""
    followed = fence.followed(conditions.host, conditions.epoch, conditions.readings)
    if followed != conditions.epoch:
        fence.write_epoch(settings, followed)


def _override(settings: PairSettings) -> Path:
    return memory.OVERRIDE.below(settings.server.state)


def _word(settings: PairSettings) -> str:
    """The person's reason; an empty file gives none."""
    path = _override(settings)
    return " ".join(path.read_text(encoding="utf-8", errors="replace").split()) if path.is_file() else ""


def _hint(verdict: admission.Verdict, settings: PairSettings) -> str:
    return verdict.hint.replace(admission.OVERRIDE_FILE, str(_override(settings)))
