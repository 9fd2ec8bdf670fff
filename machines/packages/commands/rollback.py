"""`packagectl rollback`: the packages of an older generation, in a new one that is signed again.

apt keeps what it has where a file is older, so going back is going on.
"""

import argparse
from datetime import UTC, datetime

from host import accounts, locks
from host.errors import HostError

from packages.release import laying, repository
from packages.settings import PackageSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A repository and a generation, and as every command that changes something."""
    repository.add_argument(parser)
    parser.add_argument("generation", help="its id, such as 20261101T120000Z")
    accounts.add_arguments(parser)


def run(options: argparse.Namespace, settings: PackageSettings) -> int:
    """Raises HostError for a generation that there is not."""
    repository.as_releaser()
    wanted, place, signer = repository.chosen(options.repository, settings)

    def look() -> dict[str, bytes]:
        known = place.ids("generations")
        if options.generation not in known:
            raise HostError(f"{wanted.name} has no generation {options.generation}", ", ".join(known[-10:]))
        return laying.indexes_of(place, signer, "generations", options.generation)

    with accounts.agreed_on(
        locks.held(repository.LOCK, "packagectl rollback", repository.PATIENCE),
        options,
        look,
        lambda _: None,
        lambda seen: _account(wanted.name, options.generation, seen),
    ) as seen:
        if seen is not None:
            tell = accounts.Progress()
            for text in laying.lay_down(place, signer, seen, datetime.now(UTC), None):
                tell(text)
    return 0


def _account(name: str, generation: str, seen: dict[str, bytes]) -> accounts.Account:
    count = len(laying.all_packages(seen))
    return accounts.Account(
        title=f"roll {name} back to {generation}",
        seen=(f"{count} packages in {generation}",),
        steps=(
            "sign them again as a newer generation",
            "clients that have newer packages keep them until they are told",
        ),
    )
