"""`packagectl release`: what a pre-release holds becomes the next generation, with the very same bytes."""

import argparse
from datetime import UTC, datetime

from host import accounts, locks
from host.errors import HostError

from packages.release import laying, repository
from packages.release.laying import Place
from packages.release.signing import Signer
from packages.release.store import Bucket
from packages.server.pulp import served
from packages.settings import PackageSettings, Repository


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A repository, and as every command that changes something."""
    repository.add_argument(parser)
    accounts.add_arguments(parser)


def run(options: argparse.Namespace, settings: PackageSettings) -> int:
    """Raises HostError for bytes that differ from those of a version that was released before."""
    repository.as_releaser()
    wanted, place, signer = repository.chosen(options.repository, settings)
    uploads = Bucket(settings.bucket)
    with accounts.agreed_on(
        locks.held(repository.LOCK, "packagectl release", repository.PATIENCE),
        options,
        lambda: _unreleased(wanted, settings),
        lambda seen: laying.refusal(place, signer, seen),
        lambda seen: _account(wanted, place, signer, seen),
    ) as seen:
        if seen is not None:
            tell = accounts.Progress()
            for text in laying.lay_down(place, signer, seen, datetime.now(UTC), uploads):
                tell(text)
    return 0


def _unreleased(wanted: Repository, settings: PackageSettings) -> dict[str, bytes]:
    root = f"/{settings.pre_releases}/{wanted.path}"
    return laying.unreleased(lambda path: served(settings.content_socket, f"{root}/{path}"), wanted.codename)


def _account(wanted: Repository, place: Place, signer: Signer, seen: dict[str, bytes]) -> accounts.Account:
    """What clients will see."""
    before = set[str]()
    if generations := place.ids("generations"):
        indexes = laying.indexes_of(place, signer, "generations", generations[-1])
        before = {str(package) for package in laying.all_packages(indexes)}
    after = {str(package) for package in laying.all_packages(seen)}
    if not after:
        raise HostError(f"the pre-release of {wanted.name} is empty", "upload to it, and publish it")
    return accounts.Account(
        title=f"release {wanted.name}",
        seen=(f"{len(generations)} generations, the newest with {len(before)} packages",),
        steps=(
            *(f"clients will see {name}" for name in sorted(after - before)),
            *(f"clients will no longer see {name}" for name in sorted(before - after)),
        ),
    )
