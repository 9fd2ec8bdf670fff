"""`pairctl secrets`: what pgBackRest needs and no document may hold, fetched with this host's own identity.

On GCE the run also renews the identity token that pgBackRest trades for a role of AWS; on EC2, the access token for
GCS.
"""

import argparse
import sys
from collections.abc import Callable

from host.errors import HostError

from pair.repositories import credentials
from pair.settings import PairSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""
    del parser


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """One part that fails leaves the others, and all that was there before."""
    del options
    parts: list[Callable[[], bool]] = []
    if settings.server.web_identity is not None:
        web = settings.server.web_identity
        parts.append(lambda: credentials.write_identity_token(web))
    parts += [
        lambda repository=repository: credentials.write_repository(settings, repository)
        for repository in settings.repositories
    ]
    failures = 0
    for part in parts:
        try:
            part()
        except HostError as error:
            failures += 1
            sys.stderr.write(f"pairctl secrets: {error}\n")
    return min(failures, 1)
