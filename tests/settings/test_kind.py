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
    ("ciIdentity", "gitlab", "deploy", "tier"): ("tier: production}", "tier: staging}"),
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
    for right, wrong, path in (
        ("deploy: {name: production,", "deploy: {name: production-eu,", ("gitlab", "deploy", "name")),
        ("{name: production-preview,", "{name: production-eu-preview,", ("gitlab", "preview", "name")),
        ("deployEnvironment: production\n", "deployEnvironment: production-eu\n", ("github", "deployEnvironment")),
        ("previewEnvironment: production-", "previewEnvironment: production/", ("github", "previewEnvironment")),
    ):
        assert [fault.path for fault in faults_of(text.replace(right, wrong), "production")] == [("ciIdentity", *path)]


def test_no_stack_is_named_as_the_preview_environment_of_another() -> None:
    faults = faults_of(text_of("eu-preview"), "eu-preview")

    assert [fault.path for fault in faults] == [("ciIdentity",)]
    assert "preview environment of the stack eu" in faults[0].wrong


@pytest.mark.parametrize(
    ("right", "wrong", "path"),
    [
        ("tier: development}", "tier: testing}", ("ciIdentity", "gitlab", "preview", "tier")),
        ("deploy: {name: staging, tier: staging}", "deploy: {name: staging, tier: production}", None),
    ],
)
def test_two_stacks_of_one_project_never_share_a_tier(
    tmp_path: Path, right: str, wrong: str, path: tuple[str, ...] | None
) -> None:
    """Any job may ask for any audience, and the tier is all else that AWS compares."""
    (tmp_path / "Pulumi.production.yaml").write_text(PRODUCTION.read_text(encoding="utf-8"), encoding="utf-8")
    stack_file = tmp_path / "Pulumi.staging.yaml"
    good = (STACK_FILES / "Pulumi.staging.yaml").read_text(encoding="utf-8")
    bad = good.replace(right, wrong)
    assert bad != good
    for text, expected in ((good, False), (bad, True)):
        stack_file.write_text(text, encoding="utf-8")
        faults = faults_of(text, "staging", stack_file)

        assert bool(faults) is expected
        assert all(fault.line for fault in faults)
        assert any("of production too" in fault.wrong for fault in faults) is expected
    assert path is None or [fault.path for fault in faults_of(bad, "staging", stack_file)] == [path]


def test_stacks_of_two_projects_may_share_a_tier(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.production.yaml").write_text(PRODUCTION.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "Pulumi.broken.yaml").write_text("config: [", encoding="utf-8")
    stack_file = tmp_path / "Pulumi.production-eu.yaml"
    text = text_of("production-eu")
    stack_file.write_text(text, encoding="utf-8")

    assert "tier" in {fault.path[-1] for fault in faults_of(text, "production-eu", stack_file)}
    elsewhere = text.replace("projectPath: example-group/packyard", "projectPath: example-group/packyard-eu")
    assert "tier" not in {fault.path[-1] for fault in faults_of(elsewhere, "production-eu", stack_file)}


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
