"""`pairctl alone`: commits of this primary go on while its synchronous standby is away."""

import argparse

from host import accounts
from host.errors import HostError

from pair.server import cluster, postgresql
from pair.server.lock import held
from pair.server.postgresql import Role
from pair.settings import PairSettings
from pair.succession import observe
from pair.succession.observe import Sight


def refusal(sight: Sight) -> HostError | None:
    """Why there is nothing to do; None where there is."""
    if sight.here.role is not Role.PRIMARY:
        return HostError(f"{sight.host} is no primary: {observe.server_text(sight.here)}", "pairctl status")
    if sight.is_alone:
        return HostError(f"commits of {sight.host} wait for nobody already", "pairctl status")
    # For half a minute after the link was cut, and longer, the primary still believes that its standby streams.
    if sight.here.streaming and sight.there.role is Role.STANDBY:
        return HostError(f"{sight.peer} streams, so no commit hangs", "pairctl status")
    return None


def account(sight: Sight) -> accounts.Account:
    """What a person reads first."""
    return accounts.Account(
        title=f"let {sight.host} commit alone",
        seen=sight.lines(),
        steps=(
            f"write {cluster.ALONE} and let PostgreSQL read it",
            f"the watch removes it once {sight.peer} streams again and has caught up",
        ),
        losses=(f"if {sight.host} is lost before {sight.peer} is back: every commit from now on",),
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options."""
    accounts.add_arguments(parser)


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """Raises HostError."""
    with accounts.agreed_on(held("pairctl alone"), options, lambda: observe.look(settings), refusal, account) as sight:
        if sight is not None:
            cluster.be_alone(settings)
            with postgresql.local(settings) as connection:
                connection.execute("select pg_reload_conf()")
            accounts.Progress()(f"commits of {settings.host} wait for nobody")
    return 0
