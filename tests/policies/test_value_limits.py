"""The table of limits: it is what the SDKs document, it names inputs that exist, and a value beyond a limit is told."""

from collections.abc import Iterator

import pytest

from capture import Registration, Secret, Unknown, Value
from policies.limits.limit import KEYS, VALUES, Limit, broken
from policies.limits.supplement import SUPPLEMENT
from policies.limits.table import DOCUMENTED, LIMITS, broken_limits, limits_of, with_automatic_name
from tests.estate import record_limits
from tests.estate.documented_limits import input_paths
from tests.estate.limit_sources import EXCLUDED, SHAPES
from tests.support import STACKS, estate

# The SDKs warn of their own deprecated resources when a module of theirs is imported.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ROLE = "aws:iam/role:Role"


def holding(limit: Limit, value: Value) -> dict[str, Value]:
    """Inputs that have nothing but this value at the limit's path."""
    *around, last = limit.input.split(".")
    inner: dict[str, Value] = {last: value} if last not in (KEYS, VALUES) else {"key": value}
    if last == KEYS:
        inner = {str(value): ""}
    if limit.only_where:
        inner[limit.only_where[0]] = limit.only_where[1]
    for step in reversed(around):
        inner = {step: inner}
    return inner


def every_limit() -> Iterator[tuple[str, Limit]]:
    for resource_type in sorted({*LIMITS, *SUPPLEMENT}):
        for limit in limits_of(resource_type):
            yield resource_type, limit


def test_the_table_is_what_the_sdks_document() -> None:
    assert DOCUMENTED.read_text(encoding="utf-8") == record_limits.document(), f"HINT: {record_limits.COMMAND}"


@pytest.mark.parametrize("resource_type", sorted(SUPPLEMENT))
def test_the_supplement_names_inputs_that_the_sdk_has(resource_type: str) -> None:
    known = input_paths(resource_type)
    for limit in SUPPLEMENT[resource_type]:
        path = limit.input.removesuffix(f".{KEYS}").removesuffix(f".{VALUES}")
        assert path in known, limit

        if limit.only_where:
            assert f"{path.rpartition('.')[0]}.{limit.only_where[0]}".lstrip(".") in known, limit


def test_what_the_generator_is_told_names_inputs_that_the_sdk_has() -> None:
    told = [tuple(place.split(" ")) for place in EXCLUDED]
    told += [(name, path.partition(".<")[0]) for name, shapes in SHAPES.items() for path in shapes]

    assert [(name, path) for name, path in told if path not in input_paths(name)] == []


def test_a_value_beyond_any_limit_of_the_table_is_told() -> None:
    """Each limit by itself, by what it says: nothing in the table is read past."""
    for resource_type, limit in every_limit():
        for value in _beyond(limit):
            found = list(broken(limit, holding(limit, value)))

            assert found, f"{resource_type}: {limit} takes {value!r}"
            assert limit.source in found[0].right


def test_a_value_at_the_edge_of_a_limit_is_taken() -> None:
    for resource_type, limit in every_limit():
        for value in _within(limit):
            assert not list(broken(limit, holding(limit, value))), f"{resource_type}: {limit} refuses {value!r}"


def test_what_is_secret_or_unknown_is_left_alone() -> None:
    for value in (Unknown(), Secret("digest", "a" * 65)):
        assert list(broken_limits(ROLE, {"name": value})) == []


def test_an_automatic_name_is_held_to_the_limit_as_well() -> None:
    firewall = "gcp:compute/firewall:Firewall"

    assert [found.path for found in broken_limits(firewall, with_automatic_name(firewall, "a" * 56, {}))] == ["name"]
    assert list(broken_limits(firewall, with_automatic_name(firewall, "a" * 55, {}))) == []


def test_every_name_that_the_program_gives_has_a_limit() -> None:
    """A type whose names nobody limits would be accepted whatever it is called."""
    without = {
        entry.type
        for stack in STACKS
        for entry in estate(stack).resources
        if _name_input(entry) and not any(limit.input == _name_input(entry) for limit in limits_of(entry.type))
    }

    assert without - NAMED_BY_OTHERS == set()


NAMED_BY_OTHERS = {
    "gcp:compute/diskIamMember:DiskIamMember",
    "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment",
}
"""Types whose `name` is that of another resource."""


def _name_input(entry: Registration) -> str:
    keys = ("name", "accountId", "roleId", *(("bucket",) if entry.kind == "Bucket" else ()))
    return next((key for key in keys if key in entry.inputs), "")


def _beyond(limit: Limit) -> Iterator[Value]:
    if limit.longest is not None:
        yield "a" * (limit.longest + 1)
    if limit.shortest:
        yield ""
    if limit.longest_bytes is not None:
        yield "ä" * (limit.longest_bytes // 2 + 1)
    if limit.least is not None:
        yield int(limit.least) - 1
    if limit.most is not None:
        yield int(limit.most) + 1
    if limit.step is not None:
        yield limit.step + 1
    if limit.values:
        yield "a value that nothing takes"
    if limit.most_items is not None:
        yield tuple(str(number) for number in range(limit.most_items + 1))
    yield from (f"{start}example" for start in limit.not_first)
    yield from (f"example{part}example" for part in limit.not_within)


def _within(limit: Limit) -> Iterator[Value]:
    if limit.longest is not None and limit.pattern is None and not limit.values:
        yield "a" * limit.longest
    if limit.least is not None and limit.step is None:
        yield int(limit.least)
    if limit.most is not None and limit.step is None:
        yield int(limit.most)
    yield from limit.values
