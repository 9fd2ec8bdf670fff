"""Roles as Ansible would render them on a machine, from the document that a stack registers. Any role can use this."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from tests.machines.support.programs import MACHINES, program

FACTS: dict[str, Any] = {"virtualization_type": "kvm", "memtotal_mb": 7943, "default_ipv4": {"address": "10.16.0.5"}}
"""What a machine tells of itself, as far as templates use it."""


def loaded(path: Path) -> Any:
    """A YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def given(of: Mapping[str, Any]) -> dict[str, Any]:
    """The variables that converge makes of a document."""
    return cast("dict[str, Any]", program("converge").variables(of, may_interrupt=False))


@dataclass(frozen=True)
class Role:
    """A role of machines/roles, or of a copy."""

    name: str
    machines: Path = MACHINES
    """The folder `machines`, or a copy of it."""

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.machines / "roles" / self.name

    def loaded(self, path: str) -> Any:
        """A YAML file of it."""
        return loaded(self.folder / path)

    @property
    def defaults(self) -> dict[str, Any]:
        """Its defaults, private ones as well."""
        return cast("dict[str, Any]", self.loaded("defaults/main.yml"))

    @property
    def inputs(self) -> dict[str, Any]:
        """What its specification takes."""
        return cast("dict[str, Any]", self.loaded("meta/argument_specs.yml")["argument_specs"]["main"]["options"])

    def task_files(self) -> list[Path]:
        """Files of tasks, in the order of their names."""
        return sorted((self.folder / "tasks").iterdir())

    def tasks(self) -> list[dict[str, Any]]:
        """All tasks and handlers, those inside blocks as well."""
        files = [*self.task_files(), *(self.folder / "handlers").glob("*.yml")]
        return [task for file in files for task in flat(loaded(file))]


def flat(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tasks, with those inside blocks."""
    return [task for item in tasks for task in (item, *flat(item.get("block", [])))]


def module_of(task: dict[str, Any]) -> tuple[str, Any]:
    """Module and arguments of a task."""
    (name,) = (key for key in task if key.startswith("ansible."))
    return name.rpartition(".")[2], task[name]


class Renderer:
    """Templates and expressions of a role with the variables of one machine; what is given last counts."""

    def __init__(self, role: Role, variables: Mapping[str, Any], **more: Any) -> None:
        self._role = role
        known = {**role.defaults, "ansible_managed": "managed", "ansible_facts": FACTS, **variables, **more}
        self._variables = {name: _trusted(value) for name, value in known.items()}

    def template(self, name: str, **more: Any) -> str:
        """A file of templates/."""
        text = _trusted((self._role.folder / "templates" / name).read_text(encoding="utf-8"))
        # As the module `template` does; in a playbook each backslash counts twice.
        return str(self._templar(more).template(text, escape_backslashes=False)).rstrip("\n") + "\n"

    def value(self, expression: Any, **more: Any) -> Any:
        """A value of a task or of the defaults."""
        return self._templar(more).template(_trusted(expression))

    def _templar(self, more: dict[str, Any]) -> Templar:
        return Templar(loader=DataLoader(), variables={**self._variables, **more})


def _trusted(value: Any) -> Any:
    """Ansible evaluates nothing that it does not trust, and trusts files alone."""
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, list):
        return [_trusted(entry) for entry in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _trusted(entry) for key, entry in cast("dict[str, Any]", value).items()}
    return value
