"""Sizes: what does not fit on a few screens is read by nobody."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.doors.test_imports import ROOMS
from tests.support import ROOT

FILE_LINES = 400
FUNCTION_LINES = 60
CONSTRUCTOR_LINES = 40
"""Of a component, from its first statement: it reads as a table of contents."""

TABLES_OF_DATA: dict[str, str] = {}
"""Files that may be longer, with the reason."""

FOLDERS = (*ROOMS, "tests")


def test_files_are_short() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in _files()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES
        and str(path.relative_to(ROOT)) not in TABLES_OF_DATA
    }

    assert long == {}, f"split a file of more than {FILE_LINES} lines by subject"


def test_functions_are_short() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}": lines
        for path, function in _functions()
        if (lines := _length(function)) > FUNCTION_LINES
    }

    assert long == {}, f"split a function of more than {FUNCTION_LINES} lines by its parts"


def test_constructors_of_components_read_as_tables_of_contents() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{function.lineno}": lines
        for path, function in _functions()
        if function.name == "__init__"
        and path.is_relative_to(ROOT / "components")
        and (lines := _body_length(function)) > CONSTRUCTOR_LINES
    }

    assert long == {}, "move the parts into private functions, one for each"


def _files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.py"))


def _functions() -> Iterator[tuple[Path, ast.FunctionDef]]:
    for path in _files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield path, node


def _length(function: ast.FunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _body_length(function: ast.FunctionDef) -> int:
    """Lines of the body; the signature of a component is the same everywhere."""
    return (function.end_lineno or 0) - function.body[0].lineno + 1
