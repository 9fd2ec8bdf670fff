"""What the roles of a playbook make of a document, with Ansible's own Jinja and without a machine.

Every value of every task, handler and template is rendered, each with the items of its loop. What asks the machine
stays unknown: such a value is the error that Ansible would give, which is the same before and after a change that it
does not see.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from tests.machines.support.programs import MACHINES, program

ROLES = MACHINES / "roles"

FACTS = {
    "default_ipv4": {"address": "10.16.0.5"},
    "distribution_major_version": "13",
    "memtotal_mb": 7943,
    "virtualization_type": "kvm",
}

HANDED_ON = ("/etc/packyard/pair.json", "/etc/packyard/packages.json")
"""Files by which a role hands its settings to a program as they stand: no use; what the program takes of it is one."""

EXPRESSIONS = ("when", "that", "until", "changed_when", "failed_when")
"""Keys of a task whose values are expressions without braces."""


class Play:
    """The playbook of a document's role, with the document as variables."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        (self._play,) = loaded(MACHINES / "playbooks" / f"{document['role']}.yml")
        self._given: dict[str, Any] = program("converge").variables(document, may_interrupt=False)
        self._templars: dict[str, Templar] = {}

    def made_of(self, variables: frozenset[str]) -> Iterator[str]:
        """What every task renders that names one of the variables, by itself, in its template or through a default.

        What does not name it cannot change with it, so it is left out; naming it alone is not yet use. Templates come
        first, since most values stand in one.
        """
        for role in reversed(self._play["roles"]):
            for task in sorted(tasks(role), key=lambda task: not source_of(task)):
                if variables & words(role, str(task) + "".join(text for _, text in templates(role, task))):
                    yield from self._of_task(role, task)

    def _of_task(self, role: str, task: Mapping[str, Any]) -> Iterator[str]:
        for item in self._items(role, task):
            more = {**task.get("vars", {}), **item}
            if self._destination(role, task, more) in HANDED_ON:
                continue
            for key, text in texts(task):
                yield self._rendered(role, text, more, is_expression=key in EXPRESSIONS)
            source = self._rendered(role, source_of(task), more)
            for file, text in templates(role, task):
                if file == source:
                    yield self._rendered(role, text, more)

    def _rendered(self, role: str, text: str, more: Mapping[str, Any], *, is_expression: bool = False) -> str:
        """The value, or the error that Ansible would give."""
        templar = self._templar(role)
        variables = templar.available_variables
        templar.available_variables = {**variables, **{key: trusted(value) for key, value in more.items()}}
        try:
            whole = f"{{{{ {text} }}}}" if is_expression else text
            return str(templar.template(trust_as_template(whole), escape_backslashes=False))
        except AnsibleError as error:
            return f"{type(error).__name__}: {error}"
        finally:
            templar.available_variables = variables

    def _items(self, role: str, task: Mapping[str, Any]) -> list[dict[str, Any]]:
        loop = task.get("loop")
        if isinstance(loop, str):
            try:
                loop = self._templar(role).template(trust_as_template(loop))
            except AnsibleError:
                loop = None
        return [{"item": item} for item in cast("list[Any]", loop)] if isinstance(loop, list) else [{}]

    def _destination(self, role: str, task: Mapping[str, Any], more: Mapping[str, Any]) -> str:
        return self._rendered(role, str(arguments_of(task, "copy").get("dest", "")), more)

    def _templar(self, role: str) -> Templar:
        if role not in self._templars:
            variables = {**defaults(role), **self._play.get("vars", {}), **self._given, "ansible_facts": FACTS}
            variables |= {"ansible_managed": "managed", "ansible_check_mode": False, "role_path": str(ROLES / role)}
            self._templars[role] = Templar(
                loader=DataLoader(), variables={name: trusted(value) for name, value in variables.items()}
            )
        return self._templars[role]


@cache
def words(role: str, text: str) -> frozenset[str]:
    """Every word of a text, of the role's defaults and the playbook's variables that it names, and of theirs."""
    known = {**defaults(role), **playbook_variables()}
    found: set[str] = set()
    waiting = set(re.findall(r"\w+", text))
    while waiting:
        found |= waiting
        named = {word for name in waiting & known.keys() for word in re.findall(r"\w+", str(known[name]))}
        waiting = named - found
    return frozenset(found)


@cache
def playbook_variables() -> dict[str, str]:
    """What playbooks set, whichever: the words of all of them count."""
    found: dict[str, str] = {}
    for path in (MACHINES / "playbooks").iterdir():
        for play in loaded(path):
            for name, value in play.get("vars", {}).items():
                found[name] = f"{found.get(name, '')} {value}"
    return found


@cache
def tasks(role: str) -> list[dict[str, Any]]:
    """All tasks and handlers of a role."""
    paths = [*sorted((ROLES / role / "tasks").iterdir()), *(ROLES / role / "handlers").glob("*.yml")]
    return [task for path in paths for task in flattened(loaded(path))]


def templates(role: str, task: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and texts of the templates that a task may render."""
    source = source_of(task)
    pattern = re.sub(r"{{.*?}}", "*", source)
    folder = ROLES / role / "templates"
    return [(path.name, path.read_text(encoding="utf-8")) for path in sorted(folder.glob(pattern))] if source else []


def source_of(task: Mapping[str, Any]) -> str:
    """The template that a task names; empty for other tasks."""
    return str(arguments_of(task, "template").get("src", ""))


def arguments_of(task: Mapping[str, Any], module: str) -> Mapping[str, Any]:
    """Arguments of a task, where it uses the module."""
    return task.get(f"ansible.builtin.{module}", {})


@cache
def loaded(path: Path) -> Any:
    """A YAML file of a role."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@cache
def defaults(role: str) -> dict[str, Any]:
    """Defaults of a role; its private names too."""
    path = ROLES / role / "defaults/main.yml"
    return dict(loaded(path)) if path.is_file() else {}


def flattened(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """All tasks, those inside blocks as well."""
    for task in tasks or []:
        yield task
        yield from flattened(task.get("block", []))


def texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a task with the key that it lies below; a loop is rendered by its items, a block by its tasks."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, list):
        for entry in cast("list[Any]", value):
            yield from texts(entry, key)
    elif isinstance(value, dict):
        for name, inner in cast("dict[str, Any]", value).items():
            if name not in ("name", "block", "register", "vars"):
                yield from texts(inner, name)


def trusted(value: Any) -> Any:
    """Ansible evaluates nothing that it does not trust, and trusts files alone."""
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, list):
        return [trusted(entry) for entry in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: trusted(entry) for key, entry in cast("dict[str, Any]", value).items()}
    return value
