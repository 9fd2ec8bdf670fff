"""Debian's packages that the roles of machines name, and the roles of a playbook."""

import re
from collections.abc import Mapping
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
