"""`pairctl alone`: commits of this primary go on while its synchronous standby is away."""

import argparse

from host import accounts
from host.errors import HostError

from pair import memory
from pair.server import cluster, postgresql
from pair.server.lock import held
from pair.server.postgresql import Role
from pair.settings import PairSettings
from pair.succession import observe
from pair.succession.observe import PairState


def refusal(state: PairState) -> HostError | None:
    """Why there is nothing to do; None where there is."""
    if state.here.role is not Role.PRIMARY:
        return HostError(f"{state.host} is no primary: {observe.server_text(state.here)}", "pairctl status")
    if state.is_alone:
        return HostError(f"commits of {state.host} wait for nobody already", "pairctl status")
    # For half a minute after the link was cut, and longer, the primary still believes that its standby streams.
    if state.here.streaming and state.there.role is Role.STANDBY:
        return HostError(f"{state.peer} streams, so no commit hangs", "pairctl status")
    return None


def account(state: PairState) -> accounts.Account:
    """What a person reads first."""
    return accounts.Account(
        title=f"let {state.host} commit alone",
        seen=state.lines(),
        steps=(
            f"write {memory.ALONE.name} and let PostgreSQL read it",
            f"the watch removes it once {state.peer} streams again and has caught up",
        ),
        losses=(f"if {state.host} is lost before {state.peer} is back: every commit from now on",),
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options."""
    accounts.add_arguments(parser)


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """Raises HostError."""
    with accounts.agreed_on(held("pairctl alone"), options, lambda: observe.look(settings), refusal, account) as state:
        if state is not None:
            cluster.be_alone(settings.server)
            with postgresql.local(settings) as connection:
                connection.execute("select pg_reload_conf()")
            accounts.Progress()(f"commits of {settings.host} wait for nobody")
    return 0
