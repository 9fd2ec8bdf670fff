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

from pair.server import postgresql
from pair.server.lock import held
from pair.server.postgresql import Role
from pair.settings import PairSettings
from pair.succession import fence, observe, takeover
from pair.succession.observe import PairState

YIELD_SECONDS = 30
"""Until a living primary must have yielded: its watch reads the tokens every 15 s, a repository may take 8 s to answer,
and from the beginning of a fast shutdown no commit is accepted."""


@dataclass(frozen=True)
class Decision:
    """What a promotion will do about the old primary and the tokens."""

    fenced: str
    """How a person made sure that the old primary is down; empty: wait until it must have yielded."""
    without_token: str
    """Why it may go on where no token can be written; empty: it may not."""


def refusal(state: PairState, decision: Decision) -> HostError | None:
    """Why this host must not be promoted now; None where it may."""
    here, there = state.here, state.there
    if here.role is Role.PRIMARY:
        return HostError(f"{state.host} is the primary already", "pairctl status")
    if here.role is not Role.STANDBY:
        return HostError(f"PostgreSQL of {state.host} is no running standby ({here.error})", "pairctl rejoin")
    if there.role is Role.PRIMARY and here.streaming:
        return HostError(f"{state.peer} is a living primary, and {state.host} streams from it", "pairctl switchover")
    if there.role is Role.PRIMARY and decision.fenced:
        return HostError(
            f"--fenced says that {state.peer} is down, but it answers as primary",
            "stop it first, or leave out --fenced and let it yield to the token",
        )
    if not any(reading.is_readable for reading in state.readings) and not decision.without_token:
        return HostError(
            "no repository can be read, so no token can tell the old primary that it is outranked",
            "--without-token REASON, once it is certain that it stays down",
        )
    return None


def account(state: PairState, decision: Decision) -> accounts.Account:
    """What a person reads first."""
    epoch = state.next_epoch
    fencing = (
        f"trust that {state.peer} is down: {decision.fenced}"
        if decision.fenced
        else f"wait {YIELD_SECONDS} s, in which {state.peer} stops if it lives and can read a repository"
    )
    token = (
        f"write no token: {decision.without_token}"
        if decision.without_token and not any(reading.is_readable for reading in state.readings)
        else f"write the token of epoch {epoch}, held by {state.host}, to every repository"
    )
    return accounts.Account(
        title=f"promote {state.host}",
        seen=state.lines(),
        steps=(
            token,
            fencing,
            f"let commits go on without {state.peer}",
            f"pg_promote: timeline {state.here.timeline + 1}",
            f"make the slot of {state.peer}, checkpoint",
            "in the background: check the archive, back up to each repository",
        ),
        losses=losses(state),
    )


def losses(state: PairState) -> tuple[str, ...]:
    """What the old primary may have acknowledged and this host never received."""
    here = state.here
    lines: list[str] = []
    if here.heartbeat_age is not None:
        lines.append(f"asynchronous commits of the last {here.heartbeat_age:.0f} s (age of the newest heartbeat)")
    elif here.replay_age is not None:
        lines.append(f"asynchronous commits of the last {here.replay_age:.0f} s (age of the last replayed commit)")
    else:
        lines.append("asynchronous commits of an unknown time: nothing was ever replayed here")
    waiting = observe.bytes_waiting(here)
    lines.append(f"nothing of what was received up to {here.received or '-'}; {waiting} bytes of it wait for replay")
    if state.there.role is Role.PRIMARY:
        lines.append(f"whatever {state.peer} still accepts until it yields: it is at {state.there.lsn}")
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
        lambda state: refusal(state, decision),
        lambda state: account(state, decision),
    ) as state:
        if state is None:
            return 0
        progress = accounts.Progress()
        token = _claim(settings, state, decision, progress)
        if not decision.fenced:
            _let_it_yield(settings, progress)
        takeover.take_over(settings, token, progress)
    return 0


def _claim(settings: PairSettings, state: PairState, decision: Decision, progress: accounts.Progress) -> fence.Token:
    """Writes the token, and the epoch that this host knows of itself from now on."""
    token = fence.new_token(
        settings, state.next_epoch, settings.host, fence.Kind.PROMOTION, state.here.timeline + 1, command="promote"
    )
    written = fence.write(settings, token, fence.unreadable(state.readings))
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
