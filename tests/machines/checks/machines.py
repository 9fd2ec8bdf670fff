"""Everything that roles write onto machines, as it would lie there: read from `machines/`, or from a copy of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from ansible.errors import AnsibleError

from tests.machines.roles.database.database_role import HOSTS, document
from tests.machines.support.programs import MACHINES
from tests.machines.support.roles import Renderer, Role, flat, given, loaded
from tests.registrations import machine_document
from tests.support import estate

WRITERS = ("copy", "template", "file", "get_url", "blockinfile", "lineinfile", "replace", "assemble", "unarchive")
"""Modules that make a file or a folder."""

SYSTEMD = "/etc/systemd/system/"

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "offsite_backup": {
        "offsite_backup_name": "dev-data",
        "offsite_backup_paths": ["/var/opt"],
        "offsite_backup_place": {"prefix": "dev"},
        "offsite_backup_password_secret": "example-restic",
        "offsite_backup_calendar": "04:30",
        "offsite_backup_check_calendar": "Sun 06:00",
        "machine_cloud": "gcp",
    },
    "program": {"program_name": "pair", "program_command": "pairctl", "_program_done": {"stdout": "[]"}},
    "database": {
        "_database_tunnel": "",
        "_database_postgres_number": {"stdout": "105"},
        "_database_tunnel_file": {"stdout": ""},
        "_database_found_units": {"files": [{"path": "/etc/systemd/system/pair-of-yesterday.timer"}]},
    },
    "package_server": {
        "_package_server_numbers": {"results": [{"stdout": "105"}]},
        "_package_server_found_units": {"files": [{"path": "/etc/systemd/system/packages-worker-9.service"}]},
    },
    "data_disk": {"data_disk_mount_point": "/var/lib/postgresql"},
    "base": {"_base_reboot_required": {"stat": {"exists": False}}, "_base_agent": "/var/cache/packyard/agent.deb"},
}
"""What a role is told by others than the document, and what it would learn of the machine."""


@dataclass(frozen=True)
class Written:
    """A file, a folder or a download of one task on one host."""

    role: str
    task: Mapping[str, Any]
    module: str
    arguments: Mapping[str, Any]
    path: str
    text: str
    """Empty for folders and downloads."""

    @property
    def place(self) -> str:
        """How a fault names it."""
        return f"{self.role}: {self.task['name']}: {self.path}"

    @property
    def mode(self) -> str:
        """The mode as it is written; empty for none."""
        mode = self.arguments.get("mode", "")
        return mode if isinstance(mode, str) else repr(mode)


@dataclass(frozen=True)
class Machines:
    """The folder `machines`, or a copy; some of its roles, or all."""

    folder: Path = MACHINES
    only: frozenset[str] = frozenset()

    def roles(self) -> list[Role]:
        """The roles."""
        names = sorted(path.name for path in (self.folder / "roles").iterdir() if path.is_dir())
        return [Role(name, self.folder) for name in names if not self.only or name in self.only]

    def tasks(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every task and handler with its place."""
        for role in self.roles():
            for file in (*role.task_files(), *(role.folder / "handlers").glob("*.yml")):
                for task in flat(loaded(file)):
                    yield f"{role.name}/{file.parent.name}/{file.name}: {task['name']}", task

    def written(self) -> tuple[Written, ...]:
        """What the roles write, on each host of the database pair, which are one machine on each cloud."""
        return _written(self)

    def texts(self, suffix: str) -> dict[str, str]:
        """Files by their path on the machine, of those that end so."""
        return {each.path: each.text for each in self.written() if each.path.endswith(suffix) and each.text}

    def renderers(self, role: Role) -> list[Renderer]:
        """The role on each host."""
        places = {"machine_folder": str(self.folder), "role_path": str(role.folder), "ansible_check_mode": False}
        known = EXAMPLES.get(role.name, {})
        if role.name == "package_server":
            documents = [machine_document(estate("staging"), "package-server")]
        else:
            documents = [document(host, with_clients=True) for host in HOSTS]
        return [Renderer(role, {**given(each), **places, **known}) for each in documents]


@cache
def _written(machines: Machines) -> tuple[Written, ...]:
    return tuple(
        written
        for role in machines.roles()
        for render in machines.renderers(role)
        for task in role.tasks()
        for module in WRITERS
        if f"ansible.builtin.{module}" in task
        for written in _of_task(role, render, task, module)
    )


def _of_task(role: Role, render: Renderer, task: Mapping[str, Any], module: str) -> Iterator[Written]:
    for more in rounds(render, task):
        arguments = cast("dict[str, Any]", evaluated(render, task[f"ansible.builtin.{module}"], more))
        path = str(arguments.get("dest") or arguments.get("path") or "")
        source = Path(str(arguments.get("src", "")))
        if module == "copy" and str(arguments.get("src", "")).endswith("/"):
            for file in sorted(path for path in source.iterdir() if path.is_file()):
                yield Written(
                    role.name, task, module, arguments, path=f"{path}{file.name}", text=file.read_text("utf-8")
                )
        else:
            text = _text(role, render, module, arguments, more)
            yield Written(role.name, task, module, arguments, path=path, text=text)


def _text(role: Role, render: Renderer, module: str, arguments: Mapping[str, Any], more: Mapping[str, Any]) -> str:
    source = str(arguments.get("src", ""))
    if module == "template":
        return render.template(source, **more)
    if module == "copy" and source:
        path = Path(source) if source.startswith("/") else role.folder / "files" / source
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    return str(arguments.get("content") or arguments.get("block") or arguments.get("line") or "")


def rounds(render: Renderer, task: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The variables of each round of a task's loop; one round where there is no loop, or only the machine knows it."""
    own = cast("dict[str, Any]", task.get("vars", {}))
    loop: Any = task.get("loop")
    try:
        items = render.value(loop, **own) if loop is not None else None
    except AnsibleError:
        items = None
    for item in cast("list[Any]", items) if isinstance(items, list) else [None]:
        more = own if item is None else {**own, "item": item}
        yield {key: evaluated(render, value, more) for key, value in more.items()}


def evaluated(render: Renderer, value: Any, more: Mapping[str, Any]) -> Any:
    """A value with its expressions made out, each by itself; one that only the machine knows stays as it is."""
    if isinstance(value, dict):
        return {key: evaluated(render, inner, more) for key, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [evaluated(render, inner, more) for inner in cast("list[Any]", value)]
    if not isinstance(value, str) or "{" not in value:
        return value
    try:
        return render.value(value, **more)
    except AnsibleError:
        return value


def modules_of(task: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The module of a task, by its short name, and what it is told; words alone are its `cmd`."""
    for key, arguments in task.items():
        if key.startswith("ansible.builtin."):
            said: Mapping[str, Any] = {"cmd": arguments} if isinstance(arguments, str) else dict(arguments or {})
            yield key.rpartition(".")[2], said


def listed(value: Any) -> list[Any]:
    """A list, also of one entry that stands without brackets."""
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def others_may(mode: str) -> str:
    """What a mode lets the group and all others do, such as `r-x` for 0755 and `r--` for 0640: of both, the widest."""
    octal = re.fullmatch(r"0?([0-7])([0-7])([0-7])", mode)
    if octal:
        bits = int(octal[2]) | int(octal[3])
        return "".join(letter if bits & bit else "-" for letter, bit in zip("rwx", (4, 2, 1), strict=True))
    rest = "".join(part for part in mode.split(",") if part[:1] != "u")
    return "".join(letter if letter in rest.lower().partition("=")[2] else "-" for letter in "rwx")


def all_may_read(mode: str) -> bool:
    """Whether those may read who are neither owner nor in the group."""
    octal = re.fullmatch(r"0?[0-7][0-7]([0-7])", mode)
    return int(octal[1]) > 0 if octal else "o=" in mode and "r" in mode.partition("o=")[2]
