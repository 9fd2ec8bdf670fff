"""What Pulumi's mocks see is what a capture sees, so a test may use either; and no component is without its mocks."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime.settings import get_monitor, get_root_resource, get_stack, is_dry_run

from capture import Asset, Capture, Secret
from capture.wire import SECRET_BY_SDK
from estate.program import build_estate
from tests.components.mocks import STACK, Clouds, Made, Neighbours, built, is_sealed, once, settings, unsealed
from tests.support import ROOT, estate, variant

Seen = tuple[str, str, str]
"""Type, logical name, and every input as text."""


@pulumi.runtime.test
def build() -> None:
    build_estate(settings())


@pulumi.runtime.test
def build_zone() -> None:
    _ = Neighbours().zone


def seen_by_mocks(clouds: Clouds) -> Counter[Seen]:
    return Counter((made.type, made.name, text_of(made)) for made in clouds.made)


def text_of(made: Made) -> str:
    marked = SECRET_BY_SDK.get(made.type)
    return str(
        as_mocks_hand_over({key: unsealed(value) if key == marked else value for key, value in made.inputs.items()})
    )


def as_mocks_hand_over(value: Any) -> Any:
    if is_sealed(value):
        return ("secret", as_mocks_hand_over(unsealed(value)))
    if isinstance(value, pulumi.FileAsset):
        return ("file", str(value.path))
    if isinstance(value, Mapping):
        return sorted((key, as_mocks_hand_over(inner)) for key, inner in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return [as_mocks_hand_over(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]
    # The wire knows doubles alone, and a capture makes whole numbers of them again.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def seen_by_capture(capture: Capture) -> Counter[Seen]:
    everything = (entry for entry in capture.registrations if entry.type != "pulumi:pulumi:Stack")
    return Counter((entry.type, entry.name, str(as_captured(entry.inputs))) for entry in everything)


def as_captured(value: Any) -> Any:
    if isinstance(value, Secret):
        return ("secret", as_captured(value.plain))
    if isinstance(value, Asset):
        return ("file", value.source)
    if isinstance(value, Mapping):
        return sorted((key, as_captured(inner)) for key, inner in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return [as_captured(inner) for inner in value] if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownVariableType]


def test_mocks_and_capture_see_the_same_resources_with_the_same_inputs() -> None:
    clouds = once(build)

    assert seen_by_mocks(clouds) == seen_by_capture(estate(STACK))
    # The proof that this can fail: where one setting differs, so does what is seen, and in that place alone.
    other = seen_by_capture(variant(STACK, {"network.flowLogs.sampling": 0.77}))
    assert {kind for kind, _, _ in seen_by_mocks(clouds) - other} == {"gcp:compute/subnetwork:Subnetwork"}


def test_mocks_leave_nothing_behind_for_the_next_test() -> None:
    before = (get_monitor(), get_root_resource(), get_stack(), is_dry_run())

    built(build_zone)

    assert (get_monitor(), get_root_resource(), get_stack(), is_dry_run()) == before


def test_every_component_has_a_test_in_the_way_of_pulumis_documentation() -> None:
    components = {folder.parent.name for folder in (ROOT / "components").glob("*/__init__.py")}
    tested = {module.parent.name for module in (ROOT / "tests" / "components").glob("*/test_mocks.py")}

    assert components == tested
