"""`pairctl promote`: this standby becomes the primary, because the primary is lost.

The order matters. The token comes before the promotion, so that an old primary that lives yields. The file that lets
commits go on comes before it too: else the first synchronous commit would wait for a standby that is not there. What
can be done once writes are accepted is done then.
"""

import argparse
import time
from dataclasses import dataclass

from host import accounts
from host.errors import HostError

from pair.server import cluster, postgresql, slots
from pair.server.lock import held
from pair.server.postgresql import Role
from pair.settings import PairSettings
from pair.succession import fence, observe, services
from pair.succession.observe import Sight

YIELD_SECONDS = 30
"""Until a living primary must have yielded: its watch reads the tokens every 15 s, a repository may take 8 s to answer,
and from the beginning of a fast shutdown no commit is accepted."""
PROMOTION_TIMEOUT = 120
"""Seconds for pg_promote: what was received must be replayed first."""


@dataclass(frozen=True)
class Decision:
    """What a promotion will do about the old primary and the tokens."""

    fenced: str
    """How a person made sure that the old primary is down; empty: wait until it must have yielded."""
    without_token: str
    """Why it may go on where no token can be written; empty: it may not."""


def refusal(sight: Sight, decision: Decision) -> HostError | None:
    """Why this host must not be promoted now; None where it may."""
    here, there = sight.here, sight.there
    if here.role is Role.PRIMARY:
        return HostError(f"{sight.host} is the primary already", "pairctl status")
    if here.role is not Role.STANDBY:
        return HostError(f"PostgreSQL of {sight.host} is no running standby ({here.error})", "pairctl rejoin")
    if there.role is Role.PRIMARY and here.streaming:
        return HostError(f"{sight.peer} is a living primary, and {sight.host} streams from it", "pairctl switchover")
    if there.role is Role.PRIMARY and decision.fenced:
        return HostError(
            f"--fenced says that {sight.peer} is down, but it answers as primary",
            "stop it first, or leave out --fenced and let it yield to the token",
        )
    if not any(reading.is_readable for reading in sight.readings) and not decision.without_token:
        return HostError(
            "no repository can be read, so no token can tell the old primary that it is outranked",
            "--without-token REASON, once it is certain that it stays down",
        )
    return None


def account(sight: Sight, decision: Decision) -> accounts.Account:
    """What a person reads first."""
    epoch = sight.next_epoch
    fencing = (
        f"trust that {sight.peer} is down: {decision.fenced}"
        if decision.fenced
        else f"wait {YIELD_SECONDS} s, in which {sight.peer} stops if it lives and can read a repository"
    )
    token = (
        f"write no token: {decision.without_token}"
        if decision.without_token and not any(reading.is_readable for reading in sight.readings)
        else f"write the token of epoch {epoch}, held by {sight.host}, to every repository"
    )
    return accounts.Account(
        title=f"promote {sight.host}",
        seen=sight.lines(),
        steps=(
            token,
            fencing,
            f"let commits go on without {sight.peer}",
            f"pg_promote: timeline {sight.here.timeline + 1}",
            f"make the slot of {sight.peer}, checkpoint",
            "in the background: check the archive, back up to each repository",
        ),
        losses=losses(sight),
    )


def losses(sight: Sight) -> tuple[str, ...]:
    """What the old primary may have acknowledged and this host never received."""
    here = sight.here
    lines: list[str] = []
    if here.heartbeat_age is not None:
        lines.append(f"asynchronous commits of the last {here.heartbeat_age:.0f} s (age of the newest heartbeat)")
    elif here.replay_age is not None:
        lines.append(f"asynchronous commits of the last {here.replay_age:.0f} s (age of the last replayed commit)")
    else:
        lines.append("asynchronous commits of an unknown time: nothing was ever replayed here")
    waiting = observe.bytes_waiting(here)
    lines.append(f"nothing of what was received up to {here.received or '-'}; {waiting} bytes of it wait for replay")
    if sight.there.role is Role.PRIMARY:
        lines.append(f"whatever {sight.peer} still accepts until it yields: it is at {sight.there.lsn}")
    return tuple(lines)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options."""
    accounts.add_arguments(parser)
    parser.add_argument(
        "--fenced", default="", metavar="TEXT", help='how the old primary was stopped: "instance stopped"'
    )
    parser.add_argument("--without-token", default="", metavar="REASON", help="go on though no token can be written")


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """Raises HostError."""
    decision = Decision(fenced=options.fenced.strip(), without_token=options.without_token.strip())
    with accounts.agreed_on(
        held("pairctl promote"),
        options,
        lambda: observe.look(settings),
        lambda sight: refusal(sight, decision),
        lambda sight: account(sight, decision),
    ) as sight:
        if sight is None:
            return 0
        progress = accounts.Progress()
        token = _claim(settings, sight, decision, progress)
        if not decision.fenced:
            _let_it_yield(settings, progress)
        take_over(settings, token, progress)
    return 0


def _claim(settings: PairSettings, sight: Sight, decision: Decision, progress: accounts.Progress) -> fence.Token:
    """Writes the token, and the epoch that this host knows of itself from now on."""
    token = fence.new_token(
        settings, sight.next_epoch, settings.host, fence.Kind.PROMOTION, sight.here.timeline + 1, "promote"
    )
    written = fence.write(settings, token, fence.unreadable(sight.readings))
    for reading in written:
        progress(str(reading))
    if not any(reading.is_readable for reading in written) and not decision.without_token:
        raise HostError("no repository took the token", "--without-token REASON, once the old primary stays down")
    fence.write_epoch(settings, token.epoch)
    return token


def _let_it_yield(settings: PairSettings, progress: accounts.Progress) -> None:
    """A primary that answers and is on its way down ends the wait only by being down for sure: nothing hurries it."""
    end = time.monotonic() + YIELD_SECONDS
    while (left := end - time.monotonic()) > 0:
        role = postgresql.look_at_peer(settings).role
        progress(f"{settings.peer} is {role.value}; it must have yielded in {left:.0f} s")
        if role is Role.STANDBY:
            return
        time.sleep(min(5.0, left))
    if postgresql.look_at_peer(settings).role is Role.PRIMARY:
        raise HostError(
            f"{settings.peer} still answers as primary, though the token outranks it",
            "stop it (journalctl -u pair-watch there tells why), then pairctl promote --fenced 'PostgreSQL stopped'",
        )


def take_over(settings: PairSettings, token: fence.Token, progress: accounts.Progress) -> None:
    """The standby becomes the primary; after this, writes are accepted. Raises HostError."""
    cluster.be_alone(settings)
    with postgresql.local(settings, statement_timeout=(PROMOTION_TIMEOUT + 5) * 1000) as connection:
        connection.execute("select pg_reload_conf()")
        if not postgresql.one(connection, "select pg_promote(true, %s)", PROMOTION_TIMEOUT)[0]:
            raise HostError(
                f"PostgreSQL was not promoted within {PROMOTION_TIMEOUT} s", f"journalctl -u {settings.unit} -e"
            )
        reached = postgresql.timeline(connection)
        progress(f"{settings.host} is the primary on timeline {reached}, epoch {token.epoch}; writes are accepted")
        if reached != token.timeline:
            progress(f"the token says timeline {token.timeline}: the standby had not seen the newest one")
        progress(slots.ensure(connection, settings.peer_name) or f"slot {settings.peer_name} is there")
        connection.execute("checkpoint")
        progress("checkpoint")
    # A standby that was still being made, of a peer that is gone: it is whole now, and nobody else would say so.
    (settings.state / cluster.CREATING).unlink(missing_ok=True)
    try:
        services.settle_in_background(token.epoch)
    except HostError as error:
        progress(f"{error.message}; run pairctl settle by hand")
    else:
        progress(f"check and backups run: journalctl -fu {services.settle_unit(token.epoch)}")
