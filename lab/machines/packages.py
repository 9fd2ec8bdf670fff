"""The roles of machines: what each is made of, and which of Debian's packages it names."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from lab.project import ROOT
from settings.database_pair.pgbackrest import POSTGRESQL_VERSION

MACHINES = ROOT / "machines"
"""The folder that is the bundle of every machine."""

PACKAGE_LISTS = ("_packages", "_companions")
"""How names of lists of packages end in the defaults of roles."""

BASE = "base"
"""The role that every machine has, before all others."""

INCLUDED_ROLE = re.compile(r"ansible\.builtin\.(?:include|import)_role:\n\s+name: (\w+)")
PROGRAM = re.compile(r"program_name: (\w+)$", re.MULTILINE)


def packages_of(role: str) -> tuple[str, ...]:
    """What a role installs, as its defaults name it; packages that these need are not told."""
    file = MACHINES / "roles" / role / "defaults/main.yml"
    defaults: Mapping[str, Any] = yaml.safe_load(file.read_text()) if file.is_file() else {}
    lists = [value for key, value in defaults.items() if key.endswith(PACKAGE_LISTS)]
    return tuple(sorted(re.sub(r"{{.*?}}", str(POSTGRESQL_VERSION), name) for names in lists for name in names))


def roles_of(playbook: str) -> tuple[str, ...]:
    """The roles of a playbook, in their order."""
    (play,) = yaml.safe_load((MACHINES / "playbooks" / f"{playbook}.yml").read_text())
    return tuple(play["roles"])


def all_roles() -> tuple[str, ...]:
    """Every role that there is."""
    return tuple(sorted(folder.name for folder in (MACHINES / "roles").iterdir()))


def packages_beside_base(playbook: str) -> tuple[str, ...]:
    """What the roles of a playbook install beside base."""
    return tuple(sorted({name for role in roles_of(playbook) if role != BASE for name in packages_of(role)}))


def sources(folder: Path) -> list[Path]:
    """The files of a folder that decide what a machine becomes, sorted."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".md"
    )


def sources_of(role: str) -> list[Path]:
    """Those of a role, of the roles that it includes, and of the programs that it installs."""
    return [file for folder in dict.fromkeys(_folders_of(role)) for file in sources(folder)]


def _folders_of(role: str) -> Iterator[Path]:
    folder = MACHINES / "roles" / role
    yield folder
    for file in sorted((folder / "tasks").glob("*.yml")):
        text = file.read_text()
        for included in INCLUDED_ROLE.findall(text):
            yield from _folders_of(included)
        for program in PROGRAM.findall(text):
            yield MACHINES / program
