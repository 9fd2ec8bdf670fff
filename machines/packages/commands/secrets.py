"""`packagectl secrets`: what Pulp must have and no document may hold, fetched with the machine's own identity."""

import argparse
import base64
import hashlib
import hmac

from host import files, secrets

from packages import places
from packages.settings import PackageSettings

GROUP_READS = 0o640


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""
    del parser


def run(options: argparse.Namespace, settings: PackageSettings) -> int:
    """Writes what differs. Raises HostError for a secret that is empty or out of reach; what was there stays."""
    del options
    fields = secrets.google_secret(settings.database_fields_key_secret)
    password = secrets.one_line(settings.admin_password_secret, secrets.google_secret(settings.admin_password_secret))
    files.make_folder(places.SECRETS, group=places.PULP_GROUP, mode=0o750)
    for path, key in ((places.FIELDS_KEY, fernet_key(fields)), (places.DJANGO_KEY, django_key(fields))):
        files.write(path, f"{key}\n", GROUP_READS, group=places.PULP_GROUP)
    files.write(places.ADMIN_PASSWORD, f"{password}\n")
    return 0


def fernet_key(secret: str) -> str:
    """A key in the form that Pulp wants, whatever text an operator has put into the secret."""
    return base64.urlsafe_b64encode(hashlib.sha256(secret.strip().encode()).digest()).decode()


def django_key(secret: str) -> str:
    """Another key of the same secret, of which the first cannot be told."""
    return hmac.digest(secret.strip().encode(), b"django", "sha256").hex()
