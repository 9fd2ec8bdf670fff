"""The README's table of systems says of each side "done" or "not yet", and the folders agree."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.support import ROOT

GROUND = {"base", "data_disk", "program"}
"""Roles of a machine that does nothing yet."""

WORDS = {True: "done", False: "not yet"}


@dataclass(frozen=True)
class System:
    """Where the sides of one system lie."""

    component: str
    playbook: str
    drills: str
    role: str = ""
    """For a system without machines of its own: the role that machines of other systems have for it."""


SYSTEMS = {
    "database pair": System("database_pair", "database-pair", "database"),
    "off-site backups": System("backup_vault", "", "offsite_backup", role="offsite_backup"),
    "package server": System("package_server", "package-server", "package_server"),
    "runner fleet": System("runner_fleet", "runner-manager", "runner_fleet"),
    "dev instance": System("dev_instance", "dev-instance", "dev_instance"),
    "container hosts": System("container_hosts", "container-host", "container_hosts"),
}


def told(readme: str) -> dict[str, tuple[str, ...]]:
    """What the table says, by system: the first word or words of its three cells."""
    rows = re.findall(r"^\| ([a-z][a-z -]+) \| (.+) \| (.+) \| (.+) \|$", readme, re.MULTILINE)
    return {system: tuple(map(word_of, cells)) for system, *cells in rows if system in SYSTEMS or word_of(cells[0])}


def word_of(cell: str) -> str:
    found = re.match(r"\[?(done|not yet)\b", cell)
    return found[1] if found else ""


def seen(root: Path, system: System) -> tuple[str, ...]:
    """What the folders say."""
    drills = list((root / "tests" / "drills" / system.drills).glob("test_*.py"))
    cloud = (root / "components" / system.component / "__init__.py").is_file()
    return WORDS[cloud], WORDS[has_machine_side(root, system)], WORDS[bool(drills)]


def has_machine_side(root: Path, system: System) -> bool:
    roles = roles_by_playbook(root)
    return (
        system.role in set().union(*roles.values()) if system.role else bool(roles.get(system.playbook, set()) - GROUND)
    )


def roles_by_playbook(root: Path) -> dict[str, set[str]]:
    files = (root / "machines" / "playbooks").glob("*.yml")
    return {
        file.stem: {role for play in yaml.safe_load(file.read_text(encoding="utf-8")) for role in play["roles"]}
        for file in files
    }


def test_the_readme_says_of_each_system_what_the_folders_say() -> None:
    table = told((ROOT / "README.md").read_text(encoding="utf-8"))

    assert table == {name: seen(ROOT, system) for name, system in SYSTEMS.items()}


def test_every_playbook_and_every_folder_of_drills_belongs_to_a_system_of_the_table() -> None:
    drills = {folder.parent.name for folder in (ROOT / "tests" / "drills").glob("*/test_*.py")}

    assert set(roles_by_playbook(ROOT)) <= {system.playbook for system in SYSTEMS.values()}
    assert drills <= {system.drills for system in SYSTEMS.values()}


@pytest.mark.parametrize(
    ("file", "content", "sides"),
    [
        ("README.md", "", ("not yet", "not yet", "not yet")),
        ("components/package_server/__init__.py", "", ("done", "not yet", "not yet")),
        ("machines/playbooks/package-server.yml", "- roles: [base, data_disk]", ("not yet", "not yet", "not yet")),
        ("machines/playbooks/package-server.yml", "- roles: [base, pulp]", ("not yet", "done", "not yet")),
        ("tests/drills/package_server/test_loss.py", "", ("not yet", "not yet", "done")),
    ],
)
def test_each_side_is_done_by_its_own_file_alone(
    tmp_path: Path, file: str, content: str, sides: tuple[str, ...]
) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(content, encoding="utf-8")

    assert seen(tmp_path, SYSTEMS["package server"]) == sides


def test_a_word_that_is_wrong_or_a_row_that_is_missing_is_seen() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    row = re.search(r"^\| package server .*\n", readme, re.MULTILINE)

    assert row is not None
    assert told(readme.replace(row[0], "")) != told(readme)
    assert told(readme.replace(row[0], row[0].replace("not yet", "done"))) != told(readme)
    assert told(readme.replace(row[0], row[0].replace("done", "not yet"))) != told(readme)
