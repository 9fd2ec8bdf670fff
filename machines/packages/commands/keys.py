"""`packagectl keys`: the key that signs metadata, from the secret store into the memory of whoever signs."""

import argparse

from host import secrets

from packages.places import KEYS
from packages.release.signing import Signer
from packages.settings import PackageSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""
    del parser


def run(options: argparse.Namespace, settings: PackageSettings) -> int:
    """Raises HostError for a secret that is empty, and for a key that is not the stack file's."""
    del options
    Signer(KEYS, settings.metadata_key.fingerprint).take(secrets.google_secret(settings.metadata_key.secret))
    return 0
