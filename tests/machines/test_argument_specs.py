"""Specifications of roles: what documents say stands in them as the models declare it, and nowhere by hand."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from capture import Capture
from settings.argument_specs import MARK, PARTS, SPECIFICATION, named_by, specification, variables
from tests.machines.support.programs import MACHINES, program
from tests.support import STACKS, estate

ROLES = sorted(path for path in (MACHINES / "roles").iterdir() if path.is_dir())

FROM_PLAYBOOK = {"machine_folder", "machine_may_interrupt", "machine_settings"}
"""Variables of converge that are no single part of a document."""

every_role = pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)


def options(text: str) -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(text)["argument_specs"]["main"]["options"])


def specified(role: str) -> dict[str, Any]:
    return options((MACHINES / "roles" / role / SPECIFICATION).read_text(encoding="utf-8"))


def documents_of(capture: Capture) -> list[dict[str, Any]]:
    """The documents of all machines, as they are uploaded."""
    return [
        json.loads(str(entry.inputs["content"]))
        for entry in capture.resources
        if entry.name.endswith("-document") and entry.kind.startswith("BucketObject")
    ]


@every_role
def test_what_a_document_says_is_specified_as_its_model_declares_it(role: Path) -> None:
    assert (role / SPECIFICATION).read_text(encoding="utf-8") == specification(role), "make records"


@every_role
def test_nothing_that_a_document_says_is_stated_by_hand(role: Path) -> None:
    by_hand = options((role / SPECIFICATION).read_text(encoding="utf-8").partition(MARK)[0])

    assert set(by_hand) & set(variables()) == set()


@pytest.mark.parametrize("stack", STACKS)
def test_every_document_is_what_the_roles_of_its_playbook_are_specified_to_take(stack: str) -> None:
    for document in documents_of(estate(stack)):
        given = program("converge").variables(document, may_interrupt=False)
        (play,) = yaml.safe_load((MACHINES / "playbooks" / f"{document['role']}.yml").read_text(encoding="utf-8"))
        for role in play["roles"]:
            known = {name: option for name, option in specified(role).items() if name in given}
            assert set(known) == (set(named_by(MACHINES / "roles" / role)) - set(PARTS)) | (
                set(specified(role)) & FROM_PLAYBOOK
            )
            taken = {name: given[name] for name in known}
            validator = ArgumentSpecValidator(known)
            assert validator.validate(taken).error_messages == [], (document["name"], role)
            for name, option in known.items():
                if option.get("required"):
                    without = {key: value for key, value in taken.items() if key != name}
                    assert validator.validate(without).error_messages, (role, name)


def test_a_role_that_is_new_is_told_what_its_files_name(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "meta").mkdir()
    (tmp_path / "templates/pulp.conf.j2").write_text(
        "{% if package_server_pulp.workers %}{{ machine_name }}{% endif %}"
    )
    head = "---\nargument_specs:\n  main:\n    short_description: New\n    options:\n"
    (tmp_path / SPECIFICATION).write_text(head)

    made = options(specification(tmp_path))

    assert set(made) == {"machine_name", "package_server_pulp"}
    assert made["package_server_pulp"]["options"]["workers"]["type"] == "int"


def test_a_text_that_yaml_would_read_otherwise_stays_a_text() -> None:
    found = [
        text
        for role in ROLES
        for text in descriptions(specified(role.name))
        if not isinstance(text, str) or not text.strip() or "\n" in text.strip()
    ]

    assert found == []


def descriptions(given: dict[str, Any]) -> list[Any]:
    inner = [text for option in given.values() for text in descriptions(option.get("options", {}))]
    return [option["description"] for option in given.values()] + inner
