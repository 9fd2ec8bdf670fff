"""What holds for the whole graph of both stacks, in a preview run and with final values.

What a policy promises (providers, versions, tags, protection) is not repeated here: tests/policies runs them all.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from capture import Capture, Unknown
from capture.registration import leaves
from policies.tags import TAG_INPUTS
from tests.estate.sdk import tag_input_of, wrong_keys
from tests.support import ROOT, STACKS, estate, stack_file_text

PLACES = re.compile(
    r"\b(?:(?:us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-[0-9]|(?:us|europe|asia|australia|northamerica|southamerica|africa|me)-"
    r"[a-z]+[0-9]{1,2})(?:-?[a-f])?\b"
)
"""Regions and zones of both clouds."""

PHYSICAL_NAMES = ("name", "bucket", "secretId", "accountId", "roleId")
"""Inputs that name a resource in its cloud, where another stack may live."""

NAMED_WITHIN_THEIR_PARENT = {
    "aws:eks/addon:Addon",
    "aws:ec2/route:Route",
    "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment",
    "gcp:compute/routerInterface:RouterInterface",
    "gcp:compute/routerNat:RouterNat",
    "gcp:compute/routerPeer:RouterPeer",
    "gcp:dns/recordSet:RecordSet",
    "gcp:storage/bucketObject:BucketObject",
}
"""Types whose name lies inside a resource of the stack, or is that of another one: stacks cannot collide there."""

BOTH_RUNS = [(stack, preview) for stack in STACKS for preview in (True, False)]


@pytest.fixture(params=BOTH_RUNS, ids=lambda run: f"{run[0]}-{'preview' if run[1] else 'final'}")
def capture(request: pytest.FixtureRequest) -> Capture:
    stack, preview = request.param
    return estate(stack, preview=preview)


@pytest.fixture(params=STACKS)
def final(request: pytest.FixtureRequest) -> Capture:
    return estate(request.param)


def test_no_two_resources_share_a_urn(capture: Capture) -> None:
    counted = Counter(entry.urn for entry in capture.registrations)

    assert [urn for urn, count in counted.items() if count > 1] == []


def test_everything_that_is_referred_to_exists(capture: Capture) -> None:
    known = set(capture.by_urn) | {""}
    for entry in capture.registrations:
        named = {entry.parent, entry.provider, entry.deleted_with, *entry.dependencies}
        named |= {urn for urns in entry.property_dependencies.values() for urn in urns}

        assert named <= known, f"{entry.urn} refers to what nobody registers"


def test_every_resource_belongs_to_a_component(capture: Capture) -> None:
    strays = [entry.urn for entry in capture.resources if capture.component_of(entry).cloud != "packyard"]

    assert strays == [], "make it inside a component, with opts=self.child()"


def test_nothing_is_unknown_or_missing_once_everything_exists(final: Capture) -> None:
    holes = [
        f"{entry.urn}: {path}"
        for entry in final.registrations
        for path, value in leaves(entry.inputs)
        if value is None or isinstance(value, Unknown)
    ]

    assert holes == [], "the cloud would answer these: add them to capture/replies.py"


def test_every_input_is_one_that_its_type_has(final: Capture) -> None:
    # A dictionary in place of an Args object passes any key at run time.
    wrong = [f"{entry.urn}: {key}" for entry in final.resources for key in wrong_keys(entry.type, entry.inputs)]

    assert wrong == []


def test_a_wrong_key_is_seen_also_inside_a_block() -> None:
    inputs = {"network": "n", "logConfig": {"flowSamplin": 1}, "secondaryIpRanges": ({"rangeNam": "r"},), "cidr": "c"}

    assert list(wrong_keys("gcp:compute/subnetwork:Subnetwork", inputs)) == [
        "logConfig.flowSamplin",
        "secondaryIpRanges.rangeNam",
        "cidr",
    ]


def test_the_table_of_tags_agrees_with_the_sdks(final: Capture) -> None:
    for token in {entry.type for entry in final.resources} | set(TAG_INPUTS):
        assert TAG_INPUTS.get(token) == tag_input_of(token), f"mend TAG_INPUTS of policies/tags.py for {token}"


def test_logical_names_hold_neither_stack_nor_account(final: Capture) -> None:
    forbidden = (final.stack, *_accounts(final))
    wrong = [
        entry.urn for entry in final.registrations if entry.parent and any(word in entry.name for word in forbidden)
    ]

    assert wrong == [], "a logical name is the same in every stack; the stack belongs into the physical name"


def test_physical_names_hold_the_stack(final: Capture) -> None:
    wrong = [
        f"{entry.urn}: {key}={value}"
        for entry in final.resources
        for key in PHYSICAL_NAMES
        if isinstance(value := entry.inputs.get(key), str)
        and entry.type not in NAMED_WITHIN_THEIR_PARENT
        and final.stack not in value
    ]

    assert wrong == [], "two stacks in one account would collide; use context.physical_name"


def test_every_place_comes_from_the_settings(final: Capture) -> None:
    text = stack_file_text(final.stack)
    known = set(PLACES.findall(text))
    wrong = [
        f"{entry.urn}: {path}: {place}"
        for entry in final.registrations
        for path, value in leaves(entry.inputs)
        if isinstance(value, str)
        for place in PLACES.findall(value)
        if place not in known
    ]

    assert wrong == [], "regions and zones are settings"


def test_every_account_is_the_stacks_own(final: Capture) -> None:
    other = estate("production" if final.stack == "staging" else "staging")
    foreign = re.compile(rf"(?<!\w)({'|'.join(_accounts(other) - _accounts(final))})(?!\w)")
    wrong = [
        f"{entry.urn}: {path}"
        for entry in final.registrations
        for path, value in leaves(entry.inputs)
        if isinstance(value, str) and foreign.search(value)
    ]

    assert wrong == [], "a stack must never name an account or project of another"


def test_component_tokens_name_their_class_and_folder() -> None:
    for folder, class_name, token in _component_classes():
        assert token == f"packyard:{folder}:{class_name}"


def test_every_component_that_is_registered_is_a_class_of_ours(final: Capture) -> None:
    known = {token for _, _, token in _component_classes()}

    assert {entry.type for entry in final.registrations if entry.cloud == "packyard"} <= known


def test_every_component_registers_its_outputs(final: Capture) -> None:
    silent = {entry.type for entry in final.registrations if entry.cloud == "packyard" and not entry.outputs}

    assert silent == set(), "end the constructor with self.register_outputs({...})"


def test_every_output_of_a_component_is_documented() -> None:
    silent = [
        f"{path}:{field.lineno} {ast.unparse(field.target)}"
        for path, tree in _component_sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and _token_of(node)
        for field, following in zip(node.body, [*node.body[1:], None], strict=True)
        if isinstance(field, ast.AnnAssign) and not _is_text(following)
    ]

    assert silent == [], "an output says what it is, in a string below it"


def test_every_component_states_its_type_and_what_it_makes() -> None:
    for path, tree in _component_sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and (token := _token_of(node)):
                assert f"**Pulumi type:** `{token}`" in (ast.get_docstring(node) or ""), f"{path}: {node.name}"


def _accounts(capture: Capture) -> set[str]:
    """Account and project ids that the providers of a stack are pinned to."""
    ids: set[str] = set()
    for provider in capture.registrations:
        if provider.type.startswith("pulumi:providers:"):
            pinned = provider.inputs.get("project") or provider.inputs.get("allowedAccountIds")
            ids |= set(re.findall(r"[a-z0-9-]{6,}", str(pinned)))
    return ids


def _component_sources() -> Iterator[tuple[object, ast.Module]]:
    for path in sorted((ROOT / "components").rglob("*.py")):
        yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def _component_classes() -> Iterator[tuple[str, str, str]]:
    """Folder, class and token of every component."""
    for path, tree in _component_sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and (token := _token_of(node)):
                yield str(path).split("/")[1].removesuffix(".py"), node.name, token


def _token_of(node: ast.ClassDef) -> str:
    """The token that a component class gives to its base, or nothing."""
    return next(
        (
            inner.value
            for inner in ast.walk(node)
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and inner.value.startswith("packyard:")
        ),
        "",
    )


def _is_text(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
