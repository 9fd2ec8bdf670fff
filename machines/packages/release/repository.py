"""The repository that a command is about, as the document names it, and who may touch it."""

import argparse
import os
import sys

from host.errors import HostError

from packages.places import KEYS, RELEASER
from packages.release.apt import Identity
from packages.release.laying import Place
from packages.release.signing import Signer
from packages.release.store import Bucket
from packages.settings import PackageSettings, Repository

LOCK = KEYS / "release.lock"
PATIENCE = 600


def add_argument(parser: argparse.ArgumentParser) -> None:
    """The name of a repository."""
    parser.add_argument("repository", help="name of a repository of the stack file")


def as_releaser() -> None:
    """Goes on as the one user who may sign and write releases: not even root does it as root."""
    if os.geteuid() == 0:
        words = ["runuser", f"--user={RELEASER}", "--", "/usr/local/sbin/packagectl", *sys.argv[1:]]
        os.execvp("runuser", words)  # noqa: S606, S607 -- no shell; Debian's own


def chosen(name: str, settings: PackageSettings) -> tuple[Repository, Place, Signer]:
    """Raises HostError for a repository that there is not, or that is of another format than apt."""
    known = {each.name: each for each in settings.repositories}
    if name not in known:
        raise HostError(f"the stack file has no repository {name}", ", ".join(known))
    repository = known[name]
    if repository.format != "apt":
        raise HostError(f"{name} is an {repository.format} repository, and apt repositories alone are released so far")
    snapshots = f"https://{settings.public_host}/{repository.path}/snapshots/@SNAPSHOTID@/"
    identity = Identity(repository.name, repository.codename, snapshots)
    place = Place(Bucket(settings.release_bucket), repository.path, identity)
    return repository, place, Signer(KEYS, settings.metadata_key.fingerprint)
