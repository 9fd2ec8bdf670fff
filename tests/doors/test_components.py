"""Components and their parts get their inputs in one way (components/component.py says which)."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.component import Component
from tests.support import ROOT

COMPONENTS = ROOT / "components"

OF_EVERY_COMPONENT = {name for name in vars(Component) if not name.startswith("_")} | {"name", "context"}
"""What a part may use of a component."""


WITHOUT_ARGUMENTS = ("self", "name", "context")
"""What a component takes that needs nothing else."""


def test_a_component_takes_its_name_its_own_arguments_and_the_context() -> None:
    wrong = [fault for path in _files() for fault in _constructor_faults(_tree(path), path.name)]

    assert wrong == [], "def __init__(self, name, args: <Class>Args, context, *, <providers>, opts)"


def test_arguments_are_frozen_and_filled_by_name() -> None:
    wrong = [fault for path in _files() for fault in _argument_faults(_tree(path), path.name)]

    assert wrong == [], "@dataclass(frozen=True, kw_only=True)"


def test_a_part_takes_the_component_first_and_uses_nothing_that_a_subclass_adds() -> None:
    wrong = [fault for path in _files() for fault in _part_faults(_tree(path), path.name)]

    assert wrong == [], "part(component: Component, what it needs of the arguments, what other parts made)"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("class Zone(Component):\n    def __init__(self, name, domain, context, *, opts): ...", "takes domain"),
        ("class Zone(Component):\n    def __init__(self, name, args: Other, context, *, opts): ...", "takes Other"),
        ("class Zone(Component):\n    def __init__(self, name, args: ZoneArgs, context, opts): ...", "takes opts"),
        ("@dataclass(frozen=True)\nclass ZoneArgs:\n    domain: str", "ZoneArgs"),
        ("def part(args: ZoneArgs, component: Component): ...", "part takes the component late"),
        ("def part(component: Zone): ...", "part takes a Zone"),
        ("def part(component: Component):\n    return component.args", "part uses component.args"),
    ],
)
def test_another_way_in_is_seen(source: str, said: str) -> None:
    tree = ast.parse(source)
    found = [*_constructor_faults(tree, "x"), *_argument_faults(tree, "x"), *_part_faults(tree, "x")]

    assert len(found) == 1
    assert said in found[0]


def _constructor_faults(tree: ast.AST, file: str) -> Iterator[str]:
    for owner in ast.walk(tree):
        if not isinstance(owner, ast.ClassDef) or "Component" not in map(ast.unparse, owner.bases):
            continue
        for function in owner.body:
            if isinstance(function, ast.FunctionDef) and function.name == "__init__":
                args = [f"args: {owner.name}Args"] if len(function.args.args) > len(WITHOUT_ARGUMENTS) else []
                for given, wanted in _pairs(function, ("self", "name", *args, "context")):
                    if given != wanted:
                        yield f"{file}:{function.lineno}: {owner.name} takes {given.removeprefix('args: ')}"


def _pairs(function: ast.FunctionDef, wanted: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The arguments by position as they are, beside what they ought to be; only `args` must say its type."""
    given = [
        f"args: {ast.unparse(entry.annotation)}" if entry.arg == "args" and entry.annotation else entry.arg
        for entry in function.args.args
    ]
    longest = max(len(given), len(wanted))
    yield from zip([*given, *[""] * (longest - len(given))], [*wanted, *[""] * (longest - len(wanted))], strict=True)


def _argument_faults(tree: ast.AST, file: str) -> Iterator[str]:
    for record in ast.walk(tree):
        if isinstance(record, ast.ClassDef) and record.name.endswith("Args"):
            decorators = [ast.unparse(decorator) for decorator in record.decorator_list]
            if "dataclass(frozen=True, kw_only=True)" not in decorators:
                yield f"{file}:{record.lineno}: {record.name}"


def _part_faults(tree: ast.Module, file: str) -> Iterator[str]:
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        place = f"{file}:{function.lineno}: {function.name}"
        for position, entry in enumerate([*function.args.args, *function.args.kwonlyargs]):
            if entry.arg == "component":
                kind = ast.unparse(entry.annotation) if entry.annotation else "something"
                if kind != Component.__name__:
                    yield f"{place} takes a {kind}"
                if position > 0:
                    yield f"{place} takes the component late"
        for node in ast.walk(function):
            if not isinstance(node, ast.Attribute) or ast.unparse(node.value) != "component":
                continue
            if node.attr not in OF_EVERY_COMPONENT:
                yield f"{place} uses component.{node.attr}"


def _files() -> list[Path]:
    base = Path(inspect.getfile(Component))
    return sorted(path for path in COMPONENTS.rglob("*.py") if path != base)


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
