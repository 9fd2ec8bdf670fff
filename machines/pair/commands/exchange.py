"""`pairctl exchange`: lays out this host's public key and certificate requests, and takes in what the peer laid out.

On the host of the authority it also signs.
"""

import argparse
from datetime import UTC, datetime

from host.identity import aws_identity

from pair.keys import known
from pair.keys.exchange import Exchange
from pair.keys.parameter_store import ParameterStore
from pair.settings import PairSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""
    del parser


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """Raises HostError, before anything is changed, where the exchange cannot be reached."""
    del options
    store = ParameterStore(
        settings.exchange.region, settings.exchange.prefix, aws_identity(settings.server.web_identity, settings.host)
    )
    with known.held("pairctl exchange"):
        Exchange(settings, store, datetime.now(UTC)).run()
    return 0
