"""The lab's own values stand in for those that only the clouds have, and nothing else is changed."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest

from lab import stand_in_values
from lab.placement import machines_of, place_of
from lab.registered import uploaded
from lab.stand_in_values import StandInValues
from tests.support import ROOT, STACKS, estate

PAGE = (ROOT / "docs" / "lab.md").read_text(encoding="utf-8")


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def documents(stack: str) -> dict[str, bytes]:
    objects = uploaded(estate(stack))
    return {name: objects[place_of(name, estate(stack)).document] for name in machines_of(estate(stack))}


@pytest.fixture
def values(stack: str, monkeypatch: pytest.MonkeyPatch) -> StandInValues:
    monkeypatch.setattr(stand_in_values, "agent_package", lambda: b"agent")
    return stand_in_values.made_for(estate(stack), [json.loads(text) for text in documents(stack).values()])


def changed_places(before: Any, after: Any, place: str = "") -> set[str]:
    """Paths at which two documents differ; indexes of lists are left out."""
    if isinstance(before, dict):
        keys = cast("dict[str, Any]", before)
        return {found for key, old in keys.items() for found in changed_places(old, after[key], f"{place}.{key}")}
    if isinstance(before, list):
        pairs = zip(cast("list[Any]", before), after, strict=True)
        return {found for old, new in pairs for found in changed_places(old, new, f"{place}[]")}
    return set() if before == after else {place.removeprefix(".").removeprefix("settings.")}


def test_only_what_the_page_lists_is_changed_in_documents(stack: str, values: StandInValues) -> None:
    listed = set(re.findall(r"^\| `([^`]+)` of a document", PAGE, re.MULTILINE))
    pairs = [(json.loads(text), json.loads(values.in_place(text))) for text in documents(stack).values()]

    assert listed
    assert {place for before, after in pairs for place in changed_places(before, after)} == listed


def test_every_secret_has_a_value_and_those_of_one_name_have_the_same(stack: str, values: StandInValues) -> None:
    google = [entry.inputs["secretId"] for entry in estate(stack).of_type("gcp:secretmanager/secret:Secret")]
    amazon = [entry.inputs["name"] for entry in estate(stack).of_type("aws:secretsmanager/secret:Secret")]

    assert set(values.secrets) == {*map(str, google), *map(str, amazon)}
    assert set(map(str, google)) & set(map(str, amazon)), "the passphrases of the pair are in both clouds"
    assert all(values.secrets.values())


def test_a_public_key_belongs_to_the_private_one_in_its_secret(values: StandInValues, tmp_path: Path) -> None:
    assert values.host_keys
    for name, public in values.host_keys.items():
        private = tmp_path / name
        private.write_text(values.secrets[name], encoding="utf-8")
        private.chmod(0o600)
        derived = subprocess.run(["ssh-keygen", "-y", "-f", str(private)], check=True, capture_output=True, text=True)

        assert derived.stdout.split()[:2] == public.split()[:2]
