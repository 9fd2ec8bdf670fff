"""Programs of the machines, read as Python: what waits has a limit of time, and keys are never for everybody."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.machines.checks.machines import Machines

WAITS = {"open": 2, "urlopen": 2, "communicate": 1}
"""Calls of requests and programs that wait, and how many values stand before their limit of time."""

OPENERS = ("opener", "urllib.request", "urllib")

WRITERS = ("write", "_write", "replace", "write_whole", "make_folder", "mkdir", "chmod")

BEYOND_THE_OWNER = 0o077

KEYS = ('.key"', ".key'", "'key'", '"key"', "_key_file", "VARIABLES.parent")
"""How paths of private keys, and of what Ansible is told, are written."""


def limits(machines: Machines) -> Iterator[str]:
    """No request and no program is waited for without an end: a machine that hangs tells nobody."""
    for path, tree in _trees(machines):
        for call in _calls(tree):
            name, on = _name(call)
            is_request = name == "communicate" or (name in WAITS and on.startswith(OPENERS))
            if (
                is_request
                and len(call.args) <= WAITS[name]
                and not any(word.arg == "timeout" for word in call.keywords)
            ):
                yield f"{path}:{call.lineno}: {name} waits for ever. HINT: timeout"


def modes(machines: Machines) -> Iterator[str]:
    """A file is its owner's alone unless a mode says otherwise, and a private key is so whatever anybody says."""
    for path, tree in _trees(machines):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                for name, default in _defaults(node):
                    if name == "mode" and _reaches_others(default):
                        yield f"{path}:{node.lineno}: {node.name} lets everybody read by default. HINT: 0o600"
        for call in _calls(tree):
            if _name(call)[0] not in WRITERS or not any(key in ast.unparse(call) for key in KEYS):
                continue
            given = [*call.args, *(word.value for word in call.keywords)]
            is_open = any(_reaches_others(value) for value in given)
            if is_open or (_name(call)[0] == "mkdir" and not any(word.arg == "mode" for word in call.keywords)):
                yield f"{path}:{call.lineno}: a key or a secret that others read. HINT: 0o600, and 0o700 for its folder"


def _trees(machines: Machines) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(machines.folder.rglob("*.py")):
        yield path.relative_to(machines.folder), ast.parse(path.read_text(encoding="utf-8"))


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> tuple[str, str]:
    """What is called, and on what."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr, ast.unparse(function.value)
    return (function.id, "") if isinstance(function, ast.Name) else ("", "")


def _defaults(function: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    given = function.args
    yield from zip((word.arg for word in given.args[-len(given.defaults) or None :]), given.defaults, strict=False)
    yield from ((word.arg, value) for word, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value)


def _reaches_others(value: ast.expr) -> bool:
    is_number = isinstance(value, ast.Constant) and isinstance(value.value, int) and not isinstance(value.value, bool)
    return is_number and bool(int(ast.literal_eval(value)) & BEYOND_THE_OWNER)
