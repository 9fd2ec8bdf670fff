"""The reviewed table of replacements against the docstrings of the installed SDKs."""

import importlib
import re
from functools import cache
from typing import Any

import pytest

from preview.replacement_table import EVERYTHING, IMMUTABLE, Immutable
from tests.support import STACKS, estate

SAYS_SO = re.compile(
    r"forces? (a )?(new|replacement|(resource )?re-?creat)|immutable|cannot be changed\s+after|recreates the|"
    r"be\s+recreated to modify|changing it will recreate|forces the instance to be recreated",
    re.IGNORECASE,
)

# The SDKs warn of their own deprecated resources when a module of theirs is imported.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

TABLE = sorted(IMMUTABLE.items())


def arguments(resource_type: str) -> Any:
    cloud, module, kind = resource_type.split(":")
    package = importlib.import_module(f"pulumi_{cloud}.{module.partition('/')[0]}")
    # Where a nested block took the plain name, the SDK calls the arguments InitArgs.
    return getattr(package, f"{kind}InitArgs", None) or getattr(package, f"{kind}Args")


def members(arguments_class: Any) -> dict[str, Any]:
    return {name: getattr(arguments_class, name) for name in dir(arguments_class)}


@cache
def property_of(arguments_class: Any, path: str) -> Any:
    """The property of an Args class, down a dotted path in camel case; fails where the SDK has none."""
    first, _, rest = path.partition(".")
    found = members(arguments_class)[snake_case(first)]
    if not rest:
        return found
    nested = re.search(r"'(\w+Args)'", str(found.fget.__annotations__["return"]))
    assert nested, f"{path} has no block"
    module = importlib.import_module(arguments_class.__module__.rpartition(".")[0])
    return property_of(getattr(module, nested[1]), rest)


def snake_case(name: str) -> str:
    return re.sub(r"([A-Z])", lambda letter: f"_{letter[1].lower()}", name)


@pytest.mark.parametrize(("resource_type", "rule"), TABLE, ids=[name for name, _ in TABLE])
def test_every_property_of_the_table_exists_in_the_sdk(resource_type: str, rule: Immutable) -> None:
    named = {*rule.documented, *rule.by_api, *rule.shrinking, *rule.if_asked, *rule.if_asked.values()} - {EVERYTHING}
    for path in sorted(named):
        property_of(arguments(resource_type), path)


@pytest.mark.parametrize(("resource_type", "path"), [(name, path) for name, rule in TABLE for path in rule.documented])
def test_what_the_table_calls_documented_is_said_by_the_docstring(resource_type: str, path: str) -> None:
    block = property_of(arguments(resource_type), path)
    text = block.__doc__ or ""
    if not SAYS_SO.search(text):
        pytest.fail(f"{resource_type} {path}: {text!r}")


@pytest.mark.parametrize(("resource_type", "rule"), TABLE, ids=[name for name, _ in TABLE])
def test_what_a_docstring_says_is_in_the_table(resource_type: str, rule: Immutable) -> None:
    covered = {*rule.documented, *rule.by_api, *rule.shrinking}
    for name, found in members(arguments(resource_type)).items():
        if isinstance(found, property) and SAYS_SO.search(found.__doc__ or ""):
            words = name.split("_")
            camel = words[0] + "".join(word.capitalize() for word in words[1:])
            known = any(entry == EVERYTHING or entry.partition(".")[0] == camel for entry in covered)
            assert known or camel == "name", f"{resource_type}: {camel} is missing"


def test_every_type_of_both_stacks_is_reviewed() -> None:
    used = {entry.type for stack in STACKS for entry in estate(stack).resources}
    assert not used - set(IMMUTABLE), "HINT: add them to preview/replacement_table.py"
