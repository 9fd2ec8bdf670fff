"""Repositories as they are in Pulp and as the document wants them, and the steps from the one to the other."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from host.errors import HostError

from packages.server.pulp import Object, Pulp
from packages.settings import PackageSettings, Repository

KINDS = {"apt": "deb/apt", "rpm": "rpm/rpm"}
"""Pulp's name of each format."""

CODENAME = "codename"
"""Label of a repository that remembers it: Pulp itself knows codenames of packages alone."""


@dataclass(frozen=True)
class Found:
    """A repository that is there."""

    name: str
    format: str
    href: str
    codename: str
    path: str | None
    """Of its distribution; None where there is none."""
    latest: str = ""
    """Its newest version."""


Sight = Mapping[str, Found]
"""Repositories of Pulp by name."""


@dataclass(frozen=True)
class Step:
    """One thing to do."""

    what: str
    """"repository" or "distribution"."""
    repository: Repository
    text: str


def look(pulp: Pulp) -> Sight:
    """Asks Pulp."""
    return {found.name: found for kind in KINDS for found in _found(pulp, kind)}


def _found(pulp: Pulp, kind: str) -> Iterator[Found]:
    paths = {str(each["name"]): str(each["base_path"]) for each in pulp.all(f"distributions/{KINDS[kind]}")}
    for each in pulp.all(f"repositories/{KINDS[kind]}"):
        name = str(each["name"])
        yield Found(
            name=name,
            format=kind,
            href=str(each["pulp_href"]),
            codename=str(each["pulp_labels"].get(CODENAME, "")),
            path=paths.get(name),
            latest=str(each["latest_version_href"]),
        )


def refusal(sight: Sight, settings: PackageSettings) -> HostError | None:
    """What would break clients. A new name beside the old one breaks nobody."""
    for wanted in settings.repositories:
        found = sight.get(wanted.name)
        if found is None:
            continue
        pairs = {
            "format": (found.format, wanted.format),
            "codename": (found.codename, wanted.codename),
            "path": (found.path or wanted.path, wanted.path),
        }
        for what, (old, new) in pairs.items():
            if old != new:
                return HostError(
                    f"{wanted.name}: its {what} is {old}, and the stack file says {new}: every client would break",
                    "a repository of another name beside it",
                )
    return None


def steps(sight: Sight, settings: PackageSettings) -> tuple[Step, ...]:
    """What is missing, in the order in which it can be made."""
    return tuple(_steps(sight, settings))


def _steps(sight: Sight, settings: PackageSettings) -> Iterator[Step]:
    for wanted in settings.repositories:
        found = sight.get(wanted.name)
        if found is None:
            yield Step("repository", wanted, f"make the {wanted.format} repository {wanted.name}")
        if found is None or found.path is None:
            yield Step("distribution", wanted, f"serve {wanted.name} below {wanted.path}")


def left_over(sight: Sight, settings: PackageSettings) -> tuple[str, ...]:
    """Repositories that the document does not name; they stay."""
    return tuple(sorted(set(sight) - {each.name for each in settings.repositories}))


def carry_out(pulp: Pulp, todo: Iterable[Step], settings: PackageSettings) -> Iterator[str]:
    """Does the steps, and says each when it is done. Raises HostError."""
    for step in todo:
        wanted, kind = step.repository, KINDS[step.repository.format]
        if step.what == "repository":
            pulp.create(f"repositories/{kind}", _repository(wanted, settings))
        else:
            (href,) = (each.href for each in _found(pulp, wanted.format) if each.name == wanted.name)
            pulp.create(f"distributions/{kind}", {"name": wanted.name, "base_path": wanted.path, "repository": href})
        yield step.text


def _repository(wanted: Repository, settings: PackageSettings) -> Object:
    common: dict[str, object] = {
        "name": wanted.name,
        "autopublish": settings.autopublish,
        "pulp_labels": {CODENAME: wanted.codename},
    }
    if wanted.format == "rpm":
        common["compression_type"] = settings.compression
    return common
