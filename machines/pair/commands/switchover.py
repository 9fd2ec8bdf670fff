"""`pairctl switchover`: this standby becomes the primary, with the consent of the living one, and nothing is lost.

The token asks the primary to yield; its watch stops it in peace. A PostgreSQL that stops so sends all it has to its
standby, and a shutdown checkpoint as the very last record. Only when that record is here does this host promote. If it
does not come in time, the token is taken back and the old primary goes on.
"""

import argparse
import time
from collections.abc import Collection
from dataclasses import dataclass

from host import accounts
from host.errors import HostError

from pair.server import cluster, postgresql, wal
from pair.server.lock import held
from pair.server.postgresql import Role
from pair.settings import PairSettings
from pair.succession import fence, observe, takeover
from pair.succession.observe import PairState

PATIENCE = 20
"""Seconds for the primary to read the token and stop."""
PAUSE = 0.1
MOST_BYTES_BEHIND = 64 << 20
"""More takes long to send while nobody can write."""
CHECKPOINT_TIMEOUT = 900


@dataclass(frozen=True)
class Ready:
    """What a switchover looks at beside the common state."""

    state: PairState
    watch_runs: bool
    """On the primary; it is what stops PostgreSQL there."""
    bytes_behind: int


def refusal(ready: Ready) -> HostError | None:
    """Why the hosts cannot change places now; None where they can."""
    here, there, state = ready.state.here, ready.state.there, ready.state
    if here.role is Role.PRIMARY:
        return HostError(
            f"{state.host} is the primary, and the host that becomes it runs this",
            f"pairctl switchover on {state.peer}",
        )
    if here.role is not Role.STANDBY or not here.streaming:
        return HostError(f"{state.host} is no streaming standby: {observe.server_text(here)}", "pairctl rejoin")
    if there.role is not Role.PRIMARY:
        return HostError(f"{state.peer} does not answer as primary: {observe.server_text(there)}", "pairctl promote")
    if not ready.watch_runs:
        return HostError(
            f"the watch of {state.peer} does not listen, so nothing would stop its PostgreSQL",
            f"systemctl status pair-watch on {state.peer}",
        )
    if ready.bytes_behind > MOST_BYTES_BEHIND:
        return HostError(f"{state.host} is {ready.bytes_behind} bytes behind", "wait until pairctl status shows less")
    if not any(reading.is_readable for reading in state.readings):
        return HostError("no repository can be read, so the token cannot be laid down", "pairctl status")
    return None


def account(ready: Ready) -> accounts.Account:
    """What a person reads first."""
    state = ready.state
    return accounts.Account(
        title=f"switch over from {state.peer} to {state.host}",
        seen=(*state.lines(), f"{state.host} is {ready.bytes_behind} bytes behind"),
        steps=(
            f"checkpoint on {state.peer}, so that it stops fast",
            f"write the token of epoch {state.next_epoch}, held by {state.host}, to every repository",
            f"tell the watch of {state.peer}: it stops PostgreSQL (from here on no write is accepted)",
            "prove that the last record received is the shutdown checkpoint",
            f"pg_promote: timeline {state.here.timeline + 1} (from here on writes are accepted)",
            f"{state.peer} becomes the standby by its watch",
            f"if {state.peer} does not stop within {PATIENCE} s: take the token back; then nothing has changed",
        ),
        losses=(f"nothing; clients of {state.peer} are sent away and connect again",),
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options."""
    accounts.add_arguments(parser)


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """Raises HostError."""
    with accounts.agreed_on(held("pairctl switchover"), options, lambda: look(settings), refusal, account) as ready:
        if ready is not None:
            _switch(settings, ready, accounts.Progress())
    return 0


def look(settings: PairSettings) -> Ready:
    """The common state, and whether the primary can yield."""
    state = observe.look(settings)
    if state.there.role is not Role.PRIMARY or state.here.role is not Role.STANDBY:
        return Ready(state, watch_runs=False, bytes_behind=0)
    with postgresql.peer(settings) as connection:
        count = "select count(*) from pg_stat_activity where application_name = %s and datname = %s"
        watches = int(postgresql.one(connection, count, postgresql.WATCH, postgresql.OWN_DATABASE)[0])
    behind = wal.position(state.there.lsn) - wal.position(state.here.lsn or "0/0")
    return Ready(state, watch_runs=watches > 0, bytes_behind=max(behind, 0))


def _switch(settings: PairSettings, ready: Ready, progress: accounts.Progress) -> None:
    state = ready.state
    with postgresql.peer(settings, statement_timeout=CHECKPOINT_TIMEOUT * 1000) as connection:
        connection.execute("checkpoint")
    progress(f"checkpoint on {settings.peer}")
    start = postgresql.look(settings).lsn
    token = _token(settings, state, settings.host, 0)
    try:
        _ask_to_yield(settings, token, fence.unreadable(state.readings), progress)
        has_yielded = _has_yielded(settings, start, state.here.timeline)
    except BaseException:
        # Also when a person interrupts it: a token that is left behind stops the primary, and nobody takes its place.
        _take_back(settings, state, progress)
        raise
    if not has_yielded:
        _take_back(settings, state, progress)
        raise HostError(
            f"{settings.peer} did not stop within {PATIENCE} s; it keeps its place",
            f"journalctl -u {postgresql.WATCH} on {settings.peer}",
        )
    progress(f"{settings.peer} has stopped, and its shutdown checkpoint is here: nothing is lost")
    fence.write_epoch(settings, token.epoch)
    takeover.take_over(settings, token, progress)


def _ask_to_yield(
    settings: PairSettings, token: fence.Token, doubtful: Collection[int], progress: accounts.Progress
) -> None:
    written = fence.write(settings, token, doubtful)
    for reading in written:
        progress(str(reading))
    if not any(reading.is_readable for reading in written):
        raise HostError("no repository took the token; nothing has changed", "pairctl status")
    with postgresql.peer(settings, postgresql.OWN_DATABASE) as connection:
        connection.execute(f"notify {postgresql.FENCE_CHANNEL}".encode())
    progress(f"the watch of {settings.peer} is told")


def _token(settings: PairSettings, state: PairState, holder: str, more: int) -> fence.Token:
    on_timeline = state.here.timeline + (1 if holder == settings.host else 0)
    epoch = state.next_epoch + more
    return fence.new_token(settings, epoch, holder, fence.Kind.SWITCHOVER, on_timeline, command="switchover")


def _has_yielded(settings: PairSettings, start: str, on_timeline: int) -> bool:
    """Whether the primary's last record, its shutdown checkpoint, has come in time."""
    end = time.monotonic() + PATIENCE
    query = "select count(*) from pg_stat_wal_receiver where status = 'streaming'"
    with postgresql.local(settings) as connection:
        while time.monotonic() < end:
            if not postgresql.one(connection, query)[0]:
                last = cluster.last_record(settings.server, start, on_timeline)
                if last is not None and last.is_shutdown_checkpoint:
                    return True
            time.sleep(PAUSE)
    return False


def _take_back(settings: PairSettings, state: PairState, progress: accounts.Progress) -> None:
    """The old primary holds the highest epoch again, and its watch starts it if it has stopped after all."""
    for reading in fence.write(settings, _token(settings, state, settings.peer, 1)):
        progress(f"taken back: {reading}")
