"""`packagectl apply`: Pulp's repositories as the stack file says. It makes what is missing and takes nothing away."""

import argparse
import sys

from host import accounts, locks

from packages.commands.admin import password
from packages.places import SECRETS
from packages.server import repositories
from packages.server.pulp import Pulp
from packages.server.repositories import Sight
from packages.settings import PackageSettings

LOCK = SECRETS / "apply.lock"
PATIENCE = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """As every command that changes something."""
    accounts.add_arguments(parser)


def run(options: argparse.Namespace, settings: PackageSettings) -> int:
    """Shows the plan, then follows it; a second run has none."""
    pulp = Pulp(settings.socket, password())
    # Nothing to do is no question: converge runs it each time.
    if not repositories.steps(sight := repositories.look(pulp), settings):
        if (refused := repositories.refusal(sight, settings)) is not None:
            raise refused
        sys.stdout.write("Pulp is as the stack file says\n")
        return 0
    with accounts.agreed_on(
        locks.held(LOCK, "packagectl apply", PATIENCE),
        options,
        lambda: repositories.look(pulp),
        lambda seen: repositories.refusal(seen, settings),
        lambda seen: _account(seen, settings),
    ) as seen:
        if seen is not None:
            tell = accounts.Progress()
            for text in repositories.carry_out(pulp, repositories.steps(seen, settings), settings):
                tell(text)
    return 0


def _account(sight: Sight, settings: PackageSettings) -> accounts.Account:
    there = f"{len(sight)} repositories in Pulp"
    stay = tuple(f"{name} is not in the stack file, and stays" for name in repositories.left_over(sight, settings))
    return accounts.Account(
        title="make Pulp as the stack file says",
        seen=(there, *stay),
        steps=tuple(step.text for step in repositories.steps(sight, settings)),
    )
