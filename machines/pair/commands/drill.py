"""`pairctl drill`: restores a repository into a scratch place of the standby, and proves what comes back.

The copy archives nothing, listens nowhere, and is gone at the end, however that is. What the heartbeat row in it says
is the age of the newest thing that a restore brings back.
"""

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from host import locks
from host.accounts import Account, Progress
from host.errors import HostError
from host.metrics import Sample

from pair import memory
from pair.repositories import in_use, pgbackrest, proofs, turn
from pair.repositories.proofs import Proof
from pair.repositories.restore_drill import Copy, Proven
from pair.server.postgresql import Role
from pair.settings import PairSettings, Repository

LOCK = memory.DRILL_LOCK.below(Path("/run"))
"""Its own: a drill takes long, and must never hold up a promotion."""

PATIENCE = 24 * 3600
"""Seconds that a drill waits for another one: after a downtime the timers of both repositories begin together, and a
drill that gives up is missed for a week."""

OLDEST = 900
"""Seconds that a restore may lack of the moment it was asked for. archive_timeout is a minute, and the alert on WAL
that waits for a repository has this limit too."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From where, and to when."""
    parser.add_argument("--repository", type=int, metavar="N", help="the N of repoN; the first")
    parser.add_argument(
        "--target", metavar="TIME", help='a point in time, such as "2026-11-21 12:00:00+00"; the latest'
    )
    parser.add_argument("--dry-run", action="store_true", help="print the account and change nothing")


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """Raises HostError, after the scratch place is empty again and the failure is in the metrics."""
    number = options.repository or settings.repositories[0].number
    repository = turn.repository_of(settings, number)
    if turn.role(settings) is not Role.STANDBY:
        sys.stdout.write(f"{settings.host} is the primary: the standby makes the drills\n")
        return 0
    target = None if options.target is None else _moment(options.target)
    copy = Copy(settings, repository.number)
    if options.dry_run:
        sys.stdout.write(f"{_account(settings, copy, target)}\n")
        return 0
    alone = locks.held(LOCK, "pairctl drill", PATIENCE, hint="systemctl list-units 'pair-restore-drill-*'")
    with alone, in_use.held("pairctl drill"):
        return _noted(settings, repository, copy, target)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise HostError(f"{text!r} is no time", 'such as "2026-11-21 12:00:00+00"') from None
    if moment.tzinfo is None:
        raise HostError(f"{text!r} says nothing of its time zone", f'such as "{text}+00"')
    return moment.astimezone(UTC)


def _account(settings: PairSettings, copy: Copy, target: datetime | None) -> Account:
    needed, free = copy.needed(_size(settings, copy.repository)), copy.free()
    to = "the newest WAL" if target is None else f"{target:%Y-%m-%d %H:%M:%S} UTC"
    return Account(
        title=f"restore drill of repository {copy.repository} on {settings.host}",
        seen=(f"the copy needs {_mib(needed)} with its WAL; {_mib(free)} are free at {copy.folder.parent}",),
        steps=(
            f"restore into {copy.folder}, up to {to}, without archiving",
            "start it on a socket alone, and read its newest heartbeat",
            "check its indexes (pg_amcheck) and its pages (pg_checksums)",
            "stop it and remove all of it",
        ),
    )


def _size(settings: PairSettings, repository: int) -> int:
    """Bytes of the database in the newest backup. Raises HostError."""
    backups = pgbackrest.info_of(settings, repository).backups
    if not backups:
        raise HostError(f"repository {repository} has no backup", f"pair-pgbackrest --repo={repository} info")
    return backups[-1].size


def _noted(settings: PairSettings, repository: Repository, copy: Copy, target: datetime | None) -> int:
    """Runs it; whatever happens, the metrics say so. A target may be one that no repository can reach: not noted."""
    number, started = repository.number, time.time()
    try:
        turn.refresh(settings, repository)
        proven = _drilled(settings, copy, target)
    except BaseException:
        if target is None:
            proofs.note(Proof.DRILL, number, good=False, now=time.time())
        raise
    more = (
        Sample(f"{Proof.DRILL}_loss_seconds", proven.loss, proofs.label(number)),
        Sample(f"{Proof.DRILL}_duration_seconds", time.time() - started, proofs.label(number)),
    )
    if target is None:
        proofs.note(Proof.DRILL, number, good=True, now=time.time(), more=more)
    sys.stdout.write(
        f"repository {number} restores: {proven.loss:.0f} s were missing, ready for questions after"
        f" {proven.seconds:.0f} s, timeline {proven.timeline}\n"
    )
    return 0


def _drilled(settings: PairSettings, copy: Copy, target: datetime | None) -> Proven:
    say = Progress()
    copy.clean()
    needed, free = copy.needed(_size(settings, copy.repository)), copy.free()
    if free < needed:
        raise HostError(
            f"the copy needs {_mib(needed)}, and {_mib(free)} are free at {copy.folder.parent}",
            "remove other copies there, or raise dataDiskGiB of both hosts",
        )
    try:
        return _proven(copy, target, say)
    finally:
        copy.clean()
        say("the scratch place is empty again")


def _proven(copy: Copy, target: datetime | None, say: Progress) -> Proven:
    asked = datetime.now(UTC) if target is None else target
    begin = time.monotonic()
    copy.restore(target)
    say("restored")
    copy.start()
    say("started; it recovers")
    proven = copy.question(asked, begin)
    say(f"recovered: the newest heartbeat was written {proven.loss:.0f} s before")
    if proven.loss > OLDEST:
        raise HostError(f"what comes back is {proven.loss:.0f} s old, more than {OLDEST} s", "pair-pgbackrest check")
    copy.check_indexes()
    say("its indexes are sound")
    copy.stop()
    copy.check_pages()
    say("its pages are sound")
    return proven


def _mib(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MiB"
