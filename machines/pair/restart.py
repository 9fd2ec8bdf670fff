"""`pairctl restart`: for converge, and for a person who changed a parameter that needs it."""

import argparse
import sys

from pair import cluster
from pair.lock import held
from pair.settings import PairSettings

PATIENCE = 600
"""Seconds; converge waits for a promotion or a rejoin rather than breaking into it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none: what it does is the least that can be asked."""
    del parser


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """A PostgreSQL that does not run stays so: it may be outranked, or not made yet. Raises PairError."""
    del options
    with held("pairctl restart", PATIENCE):
        if cluster.is_running(settings):
            cluster.restart(settings)
        else:
            sys.stdout.write("PostgreSQL does not run: there is nothing to restart\n")
    return 0
