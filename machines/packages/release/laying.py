"""Generations of an apt repository: laid down, made the present one, kept for each day, and verified.

Nothing here replaces a package, an index by its digest, a generation or a day. The few objects that change are written
last, and of these the signature comes last: until then clients read the old generation, which is whole.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from host.errors import HostError

from packages.release import apt
from packages.release.signing import Signer
from packages.release.store import IMMUTABLE, NEVER_CACHED, Bucket, artifact

ID = "%Y%m%dT%H%M%SZ"
"""Of a generation and of a day, as apt's own snapshots are called."""

MIDNIGHT = "T000000Z"
INDEX_LINE = re.compile(r"^ ([0-9a-f]{64}) +(\d+) (\S+)$", re.MULTILINE)

Read = Callable[[str], bytes]
"""What Pulp publishes, by its path below the repository of pre-releases. Raises HostError."""


@dataclass(frozen=True)
class Place:
    """An apt repository in the release bucket."""

    bucket: Bucket
    path: str
    """Below the public host, which is where it lies in the bucket."""
    identity: apt.Identity

    @property
    def dists(self) -> str:
        """Where the indexes of now lie."""
        return f"{self.path}/dists/{self.identity.codename}"

    def view(self, kind: str, name: str) -> str:
        """Where the indexes of a generation or a day lie."""
        return f"{self.path}/{kind}/{name}/dists/{self.identity.codename}"

    def ids(self, kind: str) -> list[str]:
        """Whole generations, or days: those whose InRelease is there, which comes last."""
        pattern = re.compile(rf"{re.escape(self.path)}/{kind}/(\d{{8}}T\d{{6}}Z)/dists/[^/]+/InRelease")
        found = (pattern.fullmatch(name) for name in self.bucket.names(f"{self.path}/{kind}/"))
        return sorted(match[1] for match in found if match is not None)


def unreleased(read: Read, codename: str) -> dict[str, bytes]:
    """The indexes of a pre-release by their folder, such as main/binary-amd64, each as its Release file says."""
    release = read(f"dists/{codename}/Release").decode()
    said = {path: digest for digest, _, path in INDEX_LINE.findall(release)}
    found: dict[str, bytes] = {}
    for folder in apt.folders(release):
        found[folder] = read(f"dists/{codename}/{folder}/Packages")
        if hashlib.sha256(found[folder]).hexdigest() != said[f"{folder}/Packages"]:
            raise HostError(f"{folder}/Packages was published anew while it was read", "the same command again")
    if not found:
        raise HostError("the pre-release has no index of packages", "publish it first")
    return found


def indexes_of(place: Place, signer: Signer, kind: str, name: str) -> dict[str, bytes]:
    """The indexes of a generation by their folder, each proven. Raises HostError."""
    root = place.view(kind, name)
    text = signer.verified(_there(place.bucket, f"{root}/InRelease"))
    found: dict[str, bytes] = {}
    for digest, _, path in INDEX_LINE.findall(text):
        if path.endswith("/Packages"):
            found[path.removesuffix("/Packages")] = content = _there(place.bucket, f"{root}/{path}")
            if hashlib.sha256(content).hexdigest() != digest:
                raise HostError(f"{root}/{path} has another digest than its Release file says")
    return found


def all_packages(indexes: Mapping[str, bytes]) -> tuple[apt.Package, ...]:
    """Every package that the indexes name, once."""
    found = (package for content in indexes.values() for package in apt.packages(content.decode()))
    return tuple(dict.fromkeys(found))


def refusal(place: Place, signer: Signer, indexes: Mapping[str, bytes]) -> HostError | None:
    """What any kept generation has released with other bytes."""
    for name in place.ids("generations"):
        before = all_packages(indexes_of(place, signer, "generations", name))
        if (refused := apt.changed_bytes(before, all_packages(indexes))) is not None:
            return refused
    return None


def next_id(place: Place, now: datetime) -> str:
    """A generation is newer than all others, also where the clock went back."""
    before = place.ids("generations")
    name = now.astimezone(UTC).strftime(ID)
    if before and name <= before[-1]:
        name = (datetime.strptime(before[-1], ID).replace(tzinfo=UTC) + timedelta(seconds=1)).strftime(ID)
    return name


def lay_down(
    place: Place, signer: Signer, indexes: Mapping[str, bytes], now: datetime, uploads: Bucket | None
) -> Iterator[str]:
    """Makes the indexes the next generation and the present one; says each step when it is done. Raises HostError.

    `uploads` is where packages come from that are not in the pool yet; None where all of them have to be.
    """
    if (refused := refusal(place, signer, indexes)) is not None:
        raise refused
    name = next_id(place, now)
    new = [each for each in all_packages(indexes) if _is_new(place, each, uploads)]
    for package in new:
        yield f"{package}: its bytes are in the pool"
    files = apt.with_compressed(indexes)
    text = apt.release_text(place.identity, files, datetime.strptime(name, ID).replace(tzinfo=UTC))
    signed = {"Release.gpg": signer.detached(text), "Release": text.encode(), "InRelease": signer.clear(text)}
    kept = place.view("generations", name)
    for root in (kept, place.dists):
        for path, content in files.items():
            place.bucket.write(f"{root}/{apt.by_hash(path, content)}", content, IMMUTABLE, only_new=True)
    for path, content in (*files.items(), *signed.items()):
        place.bucket.write(f"{kept}/{path}", content, IMMUTABLE, only_new=True)
    yield f"generation {name} is whole"
    for path, content in (*files.items(), *signed.items()):
        place.bucket.write(f"{place.dists}/{path}", content, NEVER_CACHED)
    yield f"clients see generation {name}"


def _is_new(place: Place, package: apt.Package, uploads: Bucket | None) -> bool:
    """Whether a package had to be copied. Its digest is read back. Raises HostError."""
    target = f"{place.path}/{package.path}"
    is_new = place.bucket.size(target) is None
    if is_new:
        if uploads is None:
            raise HostError(f"{package}: {target} is not in the bucket any more", "packagectl verify")
        uploads.copy_object(artifact(package.sha256), target, place.bucket, IMMUTABLE)
        found = place.bucket.sha256(target)
        if found != package.sha256:
            raise HostError(f"{target} has SHA-256 {found}, and ought to have {package.sha256}")
    return is_new


def keep_days(place: Place, now: datetime) -> Iterator[str]:
    """Gives every day since the first generation its state, as its midnight found it; says each that was missing."""
    generations, days = place.ids("generations"), set(place.ids("snapshots"))
    if not generations:
        return
    day = datetime.strptime(generations[0], ID).replace(tzinfo=UTC) + timedelta(days=1)
    while (name := day.strftime("%Y%m%d") + MIDNIGHT) <= now.astimezone(UTC).strftime(ID):
        if name not in days:
            source = max(each for each in generations if each <= name)
            _keep_day(place, source, name)
            yield f"{name} is generation {source}"
        day += timedelta(days=1)


def _keep_day(place: Place, generation: str, day: str) -> None:
    root = place.view("generations", generation)
    names = sorted(place.bucket.names(f"{root}/"), key=lambda name: name.endswith("/InRelease"))
    for name in names:
        target = place.view("snapshots", day) + name.removeprefix(root)
        place.bucket.copy_object(name, target, place.bucket, IMMUTABLE)


def faults(place: Place, signer: Signer) -> Iterator[str]:
    """What is not as the signed files of a kept generation or day say; each package is read once."""
    checked: dict[str, str] = {}
    for kind in ("generations", "snapshots"):
        for name in place.ids(kind):
            try:
                named = all_packages(indexes_of(place, signer, kind, name))
            except HostError as error:
                yield f"{kind}/{name}: {error.message}"
                continue
            for package in named:
                if package.path not in checked:
                    checked[package.path] = place.bucket.sha256(f"{place.path}/{package.path}") or "nothing"
                if checked[package.path] != package.sha256:
                    yield f"{kind}/{name}: {package}: {checked[package.path]} in place of {package.sha256}"


def _there(bucket: Bucket, name: str) -> bytes:
    content = bucket.read(name)
    if content is None:
        raise HostError(f"{name} is not in {bucket.name}")
    return content
