"""Calls that can be read without looking up what is called."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.doors.test_sizes import FOLDERS
from tests.support import ROOT

MOST = 5
"""Values that a reader can tell apart by their place alone."""

WORDS_OF_A_COMMAND = frozenset({"pack"})
"""Functions of others that take any number of equal values: `struct.pack`."""

EXCEPTIONS: Mapping[str, str] = {
    "machines/converge/fetch.py": "lies in the user data, whose bytes are counted: names would make every machine new",
}
"""Files that may call with more, with the reason."""


def test_more_than_five_values_are_given_by_name() -> None:
    variadic = WORDS_OF_A_COMMAND | {name for path in _files() for name in _variadic(_tree(path))}
    long = [
        f"{path.relative_to(ROOT)}:{call.lineno} {_name(call)}: {len(call.args)}"
        for path in _files()
        if str(path.relative_to(ROOT)) not in EXCEPTIONS
        for call in _calls(_tree(path))
        if len(call.args) > MOST and _name(call) not in variadic
    ]

    assert long == [], f"give what follows the first {MOST} by name, or make a record of it"


def test_a_call_with_six_values_is_seen_and_a_command_of_six_words_is_not() -> None:
    source = """
def run(*words): ...
def part(component, args, role, bucket, secrets, member): ...
run("ip", "-4", "-o", "address", "show", "host0")
part(1, 2, 3, 4, 5, 6)
part(1, 2, 3, 4, 5, member=6)
thing.part(1, 2, 3, 4, 5, *more)
"""
    tree = ast.parse(source)

    assert _variadic(tree) == {"run"}
    assert [call.lineno for call in _calls(tree) if len(call.args) > MOST] == [4, 5, 7]


def _files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.py"))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _variadic(tree: ast.AST) -> set[str]:
    """Names of our functions that take any number of equal values, as commands and lists do."""
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.args.vararg is not None}


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
