"""Playbooks and roles: all alike, and nothing named that does not exist."""

import re
from pathlib import Path

import pytest

from settings.documents import DOCUMENTS
from tests.machines.support.programs import MACHINES
from tests.machines.support.roles import Role, flat, loaded

ROLES = sorted(path for path in (MACHINES / "roles").iterdir() if path.is_dir())
PLAYBOOKS = sorted((MACHINES / "playbooks").iterdir())

PARTS = (
    "README.md",
    "meta/main.yml",
    "meta/argument_specs.yml",
    "defaults/main.yml",
    "tasks/main.yml",
    "tasks/preflight.yml",
    "tasks/install.yml",
    "tasks/verify.yml",
)

every_role = pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)


def test_every_role_of_a_document_has_a_playbook_and_none_is_left_over() -> None:
    assert [path.name for path in PLAYBOOKS] == [f"{role}.yml" for role in sorted(DOCUMENTS)]


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.name)
def test_a_playbook_is_a_list_of_roles_that_exist_beginning_with_base(playbook: Path) -> None:
    (play,) = loaded(playbook)

    assert set(play) <= {"name", "hosts", "vars", "roles"}
    assert play["roles"][0] == "base"
    assert set(play["roles"]) <= {role.name for role in ROLES}


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.name)
def test_variables_of_a_playbook_are_inputs_of_its_roles(playbook: Path) -> None:
    (play,) = loaded(playbook)
    inputs: set[str] = set()
    for role in play["roles"]:
        inputs |= set(Role(role).inputs)

    assert set(play.get("vars", {})) <= inputs


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.name)
def test_every_data_disk_is_mounted_where_the_document_says_before_any_service_comes(playbook: Path) -> None:
    (play,) = loaded(playbook)
    match = re.fullmatch(r"\{\{ (\w+) \}\}", play["vars"]["data_disk_mount_point"])
    role = playbook.stem.replace("-", "_")

    assert play["roles"][:2] == ["base", "data_disk"]
    assert match is not None
    fields = {f"{role}_{name}" for name in DOCUMENTS[playbook.stem].model_fields}
    assert match[1] in fields


@every_role
def test_a_role_has_every_part(role: Path) -> None:
    assert [part for part in PARTS if not (role / part).is_file()] == []


@every_role
def test_the_parts_of_a_role_run_in_the_order_of_life(role: Path) -> None:
    order = [
        task["ansible.builtin.include_tasks"]
        for task in loaded(role / "tasks/main.yml")
        if len(task) == 2 and "ansible.builtin.include_tasks" in task
    ]

    assert order[:2] == ["preflight.yml", "install.yml"]
    assert order[-1] == "verify.yml"
    assert set(order) == {path.name for path in (role / "tasks").iterdir()} - {"main.yml"}


@every_role
def test_every_default_is_specified_with_the_same_value(role: Path) -> None:
    specified = Role(role.name).inputs
    defaults = {key: value for key, value in Role(role.name).defaults.items() if not key.startswith("_")}

    assert {key: option["default"] for key, option in specified.items() if "default" in option} == defaults
    assert all("type" in option and "description" in option for option in specified.values())


@every_role
def test_every_variable_carries_the_name_of_its_role(role: Path) -> None:
    names = set(Role(role.name).defaults)
    for file in (role / "tasks").iterdir():
        names |= {task["register"] for task in flat(loaded(file)) if "register" in task}

    assert [name for name in names if not name.lstrip("_").startswith(f"{role.name}_")] == []


@every_role
def test_every_task_is_named_and_uses_full_module_names(role: Path) -> None:
    for file in (*(role / "tasks").iterdir(), *(role / "handlers").glob("*.yml")):
        for task in flat(loaded(file)):
            modules = [key for key in task if "." in key]
            assert task["name"], file
            assert len(modules) == (0 if "block" in task else 1), task["name"]


@every_role
def test_every_handler_that_is_notified_exists(role: Path) -> None:
    handlers = {task["name"] for file in (role / "handlers").glob("*.yml") for task in loaded(file)}
    notified: set[str] = set()
    for file in (role / "tasks").iterdir():
        for task in flat(loaded(file)):
            names = task.get("notify", [])
            notified |= {names} if isinstance(names, str) else set(names)

    assert notified == handlers


def test_unattended_upgrades_touch_debian_alone() -> None:
    text = (MACHINES / "roles/base/templates/50unattended-upgrades.j2").read_text()

    origins = re.findall(r'"(origin=[^"]+|site=[^"]+)"', text)

    assert origins
    assert all(origin.startswith("origin=Debian,") for origin in origins)
    assert 'Automatic-Reboot "false"' in text
