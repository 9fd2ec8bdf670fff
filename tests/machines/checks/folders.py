"""Root writes, copies and reads in no folder that another user may write: a link there would lead it anywhere."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from tests.machines.checks.machines import Machines, evaluated, listed, modules_of, others_may, rounds
from tests.machines.checks.units import units

OF_PACKAGES: Mapping[str, str] = {
    "/etc/postgresql": "postgres",
    "/run/postgresql": "postgres",
    "/var/lib/chrony": "_chrony",
    "/var/lib/postgresql": "postgres",
    "/var/lib/prometheus": "prometheus",
    "/var/log/chrony": "_chrony",
    "/var/log/pgbackrest": "postgres",
    "/var/log/postgresql": "postgres",
    "/var/spool/pgbackrest": "postgres",
}
"""Folders that Debian's packages give to their users, with each upgrade again, and whose they are.

The booted machines are searched for all there are (tests/machines/booted/test_planted_links.py).
"""

UNIT_FOLDERS: Mapping[str, str] = {
    "CacheDirectory": "/var/cache",
    "ConfigurationDirectory": "/etc",
    "LogsDirectory": "/var/log",
    "RuntimeDirectory": "/run",
    "StateDirectory": "/var/lib",
}
"""What systemd makes for the user of a service, and below what."""

AS_ANOTHER = ("runuser", "setpriv", "pairctl")
"""Programs that work as the user of a folder, by their first word."""

LOOKERS = re.compile(
    r"(find|stat|test|mountpoint|systemctl|flock) (?!.*-exec)|dd if=\S+ iflag=nofollow |\S*/python3 .*host\.taken "
)
"""Commands that tell of names, times and kinds alone, or go through no link."""

PATH = re.compile(r"(?<![\w/}])(/[\w.@-]+(?:/[\w.@-]+)+)")

ACTS = frozenset(
    {
        *("chmod", "chown", "copy", "copy2", "copyfile", "copytree", "hardlink_to", "lchown", "link", "makedirs"),
        *("mkdir", "move", "remove", "rename", "replace", "rmdir", "rmtree", "symlink", "symlink_to", "touch"),
        *("truncate", "unlink", "write_bytes", "write_text"),
    }
)
"""Calls that change a file or a folder."""

SAFE = ("files", "postgres_user", "dataclasses")
"""On what they may be called: the one writer, which refuses such folders; the user's own hands; and what is no file."""

PROGRAMS = ("offsite", "packages", "pair")
"""Programs that write by these alone. What they stand on writes itself, and is looked at for its places."""


def others(machines: Machines) -> dict[str, str]:
    """Folders that another than root may write, and who that is."""
    found = dict(OF_PACKAGES)
    for written in machines.written():
        given = written.arguments
        if written.module != "file" or given.get("state") != "directory":
            continue
        owner, group = str(given.get("owner", "")), str(given.get("group", ""))
        if owner not in ("", "root"):
            found[written.path] = owner
        elif "w" in others_may(written.mode):
            found[written.path] = group or "everybody"
        elif owner == "root":
            found.pop(written.path, None)
    for path, text in machines.texts(".conf").items():
        for line in text.splitlines() if path.startswith("/etc/tmpfiles.d/") else ():
            kind, place, mode, owner, *_ = [*line.split(), *[""] * 4]
            if kind[:1] in ("d", "D") and (owner != "root" or "w" in others_may(mode)):
                found[place] = owner
    for unit in units(machines).values():
        user = unit.of("Service", "User")
        for key, above in UNIT_FOLDERS.items():
            for name in unit.of("Service", key).split() if user not in ("", "root") else ():
                found[f"{above}/{name}"] = user
    return found


def whose(path: str, given: Mapping[str, str]) -> str:
    """Who may put another thing in the place of this one; empty for root alone."""
    return next((given[str(above)] for above in PurePosixPath(path).parents if str(above) in given), "")


def written(machines: Machines) -> Iterator[str]:
    """No task writes in a folder of another, nor makes a folder there, unless as that user."""
    given = others(machines)
    for each in machines.written():
        owner = whose(each.path, given)
        if owner and each.task.get("become_user") != owner:
            yield f"{each.place}: {owner} may put a link there. HINT: a folder of root, or become_user: {owner}"


def commands(machines: Machines) -> Iterator[str]:
    """No command of root works on what lies in a folder of another; it may look."""
    given = others(machines)
    for place, text in _commands_of_tasks(machines):
        yield from _command_faults(place, text, given)
    for name, unit in units(machines).items():
        user = unit.of("Service", "User")
        for key in ("ExecStartPre", "ExecStart", "ExecStartPost", "ExecStop", "ExecStopPost"):
            text = unit.of("Service", key)
            if user in ("", "root") or text.startswith("+"):
                yield from _command_faults(f"{name}: {key}", text.lstrip("+-!@:"), given)


def _commands_of_tasks(machines: Machines) -> Iterator[tuple[str, str]]:
    rendered = [(role, render) for role in machines.roles() for render in machines.renderers(role)]
    for role, render, task in [(*each, task) for each in rendered for task in each[0].tasks()]:
        for module, told in modules_of(task):
            if module in ("command", "shell") and not task.get("become_user"):
                for more in rounds(render, task):
                    words = evaluated(render, told.get("argv") or told.get("cmd", ""), more)
                    yield f"{role.name}: {task['name']}", " ".join(str(word) for word in listed(words))


def _command_faults(place: str, text: str, given: Mapping[str, str]) -> Iterator[str]:
    program = text.split(" ", 1)[0].rpartition("/")[2]
    if program in AS_ANOTHER or LOOKERS.match(text):
        return
    for path in PATH.findall(text):
        owner = whose(path, given)
        if owner:
            yield f"{place}: {path}: {owner} may put a link there. HINT: runuser --user={owner} --"


def programs(machines: Machines) -> Iterator[str]:
    """Programs change files by `host.files`, which refuses a folder of another, or as the user of the folder."""
    for program in PROGRAMS:
        for path in sorted((machines.folder / program).rglob("*.py")):
            for call in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)):
                if _acts(call) and path.name != "postgres_user.py":
                    yield (
                        f"{path.relative_to(machines.folder)}:{call.lineno}: {ast.unparse(call.func)} goes through"
                        " links. HINT: host.files, or pair.server.postgres_user in a folder of postgres"
                    )


def _acts(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Name):
        return function.id == "open"
    if not isinstance(function, ast.Attribute) or ast.unparse(function.value) in SAFE:
        return False
    if function.attr == "open":
        return any(set("wax+") & set(ast.unparse(mode)) for mode in call.args if isinstance(mode, ast.Constant))
    # `replace` of a text takes two values and that of a moment takes them by name; that of a path takes one.
    if function.attr == "replace":
        return len(call.args) == 1
    return function.attr in ACTS


def constants(machines: Machines) -> Iterator[str]:
    """What fetch.py, converge and the library of programs write by a name of their own lies in no folder of another."""
    given = others(machines)
    for folder in ("converge", "host"):
        for path in sorted((machines.folder / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and PATH.fullmatch(node.value):
                    owner = whose(node.value, given)
                    if owner:
                        place = f"{path.relative_to(machines.folder)}:{node.lineno}: {node.value}"
                        yield f"{place}: {owner} may put a link there. HINT: /var/lib/packyard"
