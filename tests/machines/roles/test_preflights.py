"""What a role refuses before it changes anything, decided with Ansible's own Jinja on machines that are not sound."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.machines.checks.machines import EXAMPLES, Machines, listed, rounds
from tests.machines.support.roles import FACTS, Renderer, Role, given
from tests.registrations import machine_document
from tests.support import estate

DEBIAN = {**FACTS, "distribution": "Debian", "distribution_major_version": "13", "distribution_version": "13.2"}

SOUND: Mapping[str, Any] = {
    "ansible_facts": DEBIAN,
    "_database_mounted": {"rc": 0},
    "_database_other_versions": {"files": []},
    "_database_data_version": {"rc": 1, "stdout": ""},
    "_package_server_mounted": {"rc": 0},
    "_package_server_known": {"stat": {"exists": True}},
}
"""What a machine tells of itself when all is well."""

UNSOUND: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("base", {"ansible_facts": {**DEBIAN, "distribution": "Ubuntu"}}),
    ("base", {"ansible_facts": {**DEBIAN, "distribution_major_version": "12"}}),
    ("base", {"machine_cloud": "aws", "machine_ssm_agent": None}),
    ("data_disk", {"machine_data_disk": {"device": "/dev/sdb", "sizeGiB": 10}}),
    ("data_disk", {"machine_data_disk": {"device": "/dev/disk/by-id/a/../../sdb", "sizeGiB": 10}}),
    ("data_disk", {"data_disk_mount_point": "/"}),
    ("database", {"ansible_facts": {**DEBIAN, "distribution_major_version": "12"}}),
    ("database", {"_database_mounted": {"rc": 1}}),
    ("database", {"_database_other_versions": {"files": [{"path": "/usr/lib/postgresql/16"}]}}),
    ("database", {"_database_data_version": {"rc": 0, "stdout": "16"}}),
    ("database", {"database_pair_jobs": [{"name": "vacuum-repo1", "repository": 1}]}),
    ("offsite_backup", {"offsite_backup_name": "Dev Data"}),
    ("offsite_backup", {"offsite_backup_paths": []}),
    ("offsite_backup", {"offsite_backup_paths": ["var/opt"]}),
    ("offsite_backup", {"offsite_backup_place": {"prefix": "/dev"}}),
    ("offsite_backup", {"machine_cloud": "aws"}),
    ("package_server", {"_package_server_mounted": {"rc": 1}}),
    ("package_server", {"_package_server_known": {"stat": {"exists": False}}}),
    ("program", {"program_name": "../pair"}),
    ("program", {"program_command": "pairctl; reboot"}),
)
"""One thing that is wrong, by the role that must refuse it."""


def refusals(role: Role, more: Mapping[str, Any]) -> Iterator[str]:
    """Names of the preflight's tasks that refuse a machine."""
    machine = "package-server" if role.name == "package_server" else "pg-a"
    known = given(machine_document(estate("staging"), machine))
    render = Renderer(role, {**known, **EXAMPLES.get(role.name, {}), **SOUND, **more})
    for task in role.loaded("tasks/preflight.yml"):
        conditions = listed(task.get("ansible.builtin.assert", {}).get("that", []))
        for item in rounds(render, task):
            applies = all(_holds(render, condition, item) for condition in listed(task.get("when", [])))
            if applies and not all(_holds(render, condition, item) for condition in conditions):
                yield task["name"]


def _holds(render: Renderer, condition: Any, more: Mapping[str, Any]) -> bool:
    return bool(render.value(f"{{{{ {condition} }}}}", **more))


@pytest.mark.parametrize("name", [role.name for role in Machines().roles()])
def test_a_sound_machine_is_refused_by_nobody(name: str) -> None:
    assert list(refusals(Role(name), {})) == []


@pytest.mark.parametrize(("name", "wrong"), UNSOUND, ids=lambda value: value if isinstance(value, str) else min(value))
def test_a_role_refuses_a_machine_before_it_changes_it(name: str, wrong: Mapping[str, Any]) -> None:
    assert list(refusals(Role(name), wrong)) != []


def test_every_role_has_something_that_it_refuses() -> None:
    assert {name for name, _ in UNSOUND} == {role.name for role in Machines().roles()}
