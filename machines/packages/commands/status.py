"""`packagectl status`: Pulp, its workers and every repository, in words."""

import argparse
import sys
from collections.abc import Iterator

from packages.commands.admin import password
from packages.server import repositories
from packages.server.pulp import Pulp
from packages.server.repositories import Sight
from packages.settings import PackageSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""
    del parser


def run(options: argparse.Namespace, settings: PackageSettings) -> int:
    """Status 1 where Pulp is not as the stack file says, or nobody does its tasks. Raises HostError."""
    del options
    pulp = Pulp(settings.socket, password())
    status, sight = pulp.status(), repositories.look(pulp)
    workers = len(status["online_workers"])
    versions = ", ".join(f"{each['component']} {each['version']}" for each in status["versions"])
    lines = [f"Pulp: {versions}; {workers} workers", *_lines(sight, settings)]
    sys.stdout.write("\n".join(lines) + "\n")
    refused = repositories.refusal(sight, settings)
    if refused is not None:
        raise refused
    return 0 if workers and not repositories.steps(sight, settings) else 1


def _lines(sight: Sight, settings: PackageSettings) -> Iterator[str]:
    for wanted in settings.repositories:
        found = sight.get(wanted.name)
        if found is None:
            yield f"{wanted.name}: missing. HINT: packagectl apply"
        else:
            version = found.latest.rstrip("/").rpartition("/")[2]
            yield f"{wanted.name}: {wanted.format}, version {version}, served below {found.path or 'nothing'}"
    for name in repositories.left_over(sight, settings):
        yield f"{name}: not in the stack file; it stays"
