"""`pairctl reload`: PostgreSQL reads its configuration and certificates again."""

import argparse
import sys

from pair.server import cluster
from pair.server.lock import CONVERGE_PATIENCE, held
from pair.settings import PairSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""
    del parser


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """Raises HostError."""
    del options
    with held("pairctl reload", CONVERGE_PATIENCE):
        if cluster.is_running(settings.server):
            cluster.reload(settings.server)
        else:
            sys.stdout.write("PostgreSQL does not run: it will read its configuration when it starts\n")
    return 0
