"""What a stack is held to follows from its kind, and never from its name."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

import stack_yaml
from policies.values import is_production
from settings.faults import Fault, SettingsError
from settings.parse import parse
from tests.policies.mutations import Pick, change
from tests.support import ROOT, STACK_FILES, estate

PRODUCTION = STACK_FILES / "Pulumi.production.yaml"


def text_of(stack: str) -> str:
    """The production file as that of another stack: what names the stack names the other one."""
    text = PRODUCTION.read_text(encoding="utf-8").replace("{name: production", f"{{name: {stack}")
    return re.sub(r"(Environment: |/|-state-)production", rf"\g<1>{stack}", text)


def faults_of(text: str, stack: str, stack_file: Path | None = None) -> tuple[Fault, ...]:
    document: Any = stack_yaml.read(text.encode())
    raw = {key.removeprefix("packyard:"): value for key, value in document["config"].items()}
    try:
        parse(raw, stack, stack_file)
    except SettingsError as error:
        return error.faults
    return ()


LOOSE = {
    ("estate", "protected"): ("protected: true", "protected: false"),
    ("network", "aws", "natGateways"): ("natGateways: perZone", "natGateways: single"),
    ("audit", "lockMode"): ("\n    lockMode: COMPLIANCE", "\n    lockMode: GOVERNANCE"),
    ("backupVault", "s3", "lockMode"): ("\n      lockMode: COMPLIANCE", "\n      lockMode: GOVERNANCE"),
    ("packageServer", "keys", "metadata", "expires"): (', expires: "2028-02-06"', ""),
    ("runnerFleet", "shards"): ("zone: us-east1-c\n", "zone: us-east1-b\n"),
}
"""What production refuses: where, and the text that is changed."""


@pytest.mark.parametrize("stack", ["production", "production-eu", "prod", "staging", "staging-2"])
@pytest.mark.parametrize("kind", ["    kind: production\n", ""], ids=["production", "no-kind"])
def test_a_stack_of_any_name_is_strict_unless_it_says_otherwise(stack: str, kind: str) -> None:
    text = text_of(stack).replace("    kind: production\n", kind)

    assert faults_of(text, stack) == ()
    for path, (right, loose) in LOOSE.items():
        assert right in text
        assert [fault.path for fault in faults_of(text.replace(right, loose), stack)] == [path]


def test_a_stack_of_kind_staging_may_be_loose_whatever_its_name() -> None:
    text = text_of("production").replace("kind: production", "kind: staging")
    for right, loose in LOOSE.values():
        text = text.replace(right, loose)

    assert faults_of(text, "production") == ()


def test_the_environment_of_a_longer_name_is_of_another_stack() -> None:
    text = PRODUCTION.read_text(encoding="utf-8")
    for right, wrong, key in (
        ("deployEnvironment: production\n", "deployEnvironment: production-eu\n", "deployEnvironment"),
        ("previewEnvironment: production-", "previewEnvironment: production/", "previewEnvironment"),
    ):
        faults = faults_of(text.replace(right, wrong), "production")
        assert {fault.path for fault in faults} == {("ciIdentity", platform, key) for platform in ("gitlab", "github")}


def test_no_stack_is_named_as_the_preview_environment_of_another() -> None:
    faults = faults_of(text_of("eu-preview"), "eu-preview")

    assert [fault.path for fault in faults] == [("ciIdentity",)]
    assert "preview environment of the stack eu" in faults[0].wrong


def test_a_policy_reads_the_kind_from_the_outputs_and_takes_silence_for_production() -> None:
    capture = estate("staging")
    assert capture.root.outputs["kind"] == "staging"
    assert estate("production").root.outputs["kind"] == "production"

    silent = change(Pick("pulumi:pulumi:Stack"), {}, outputs={})(capture).capture
    assert (is_production(capture), is_production(silent)) == (False, True)


ROOMS = ("settings", "components", "estate", "policies", "preview", "rehearsal", "lab", "machines")


def test_no_program_compares_the_name_of_a_stack_with_a_word() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare) and _is_switch(node)
    ]

    assert found == [], "estate.kind says what a stack is for"


def test_a_name_as_a_switch_is_seen() -> None:
    for text, switch in (
        ('settings.stack == "production"', True),
        ('"prod" in stack', True),
        ('capture.stack in ("staging", "production")', True),
        ("settings.stack == other.stack", False),
        ('environment == "production"', False),
    ):
        (node,) = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Compare))
        assert _is_switch(node) is switch


def _is_switch(node: ast.Compare) -> bool:
    sides = [node.left, *node.comparators]
    named = any(isinstance(side, ast.Attribute) and side.attr == "stack" for side in sides) or any(
        isinstance(side, ast.Name) and side.id == "stack" for side in sides
    )
    lists = (ast.Tuple, ast.List, ast.Set)
    words = [part for side in sides for part in (side.elts if isinstance(side, lists) else [side])]
    return named and any(isinstance(word, ast.Constant) and isinstance(word.value, str) for word in words)
