"""The role `database` as Ansible would render it on each host, from the documents that staging registers."""

from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from capture import Capture
from tests.machines.support.programs import MACHINES, program
from tests.registrations import machine_document
from tests.support import estate, variant

ROLE = MACHINES / "roles/database"
HOSTS = ("pg-a", "pg-b")
CLIENTS = "10.16.0.16/28"
PRIVATE_ADDRESS = "10.16.0.5"


@cache
def _with_clients() -> Capture:
    return variant("staging", {"databasePair.appCidrs": [CLIENTS]})


@cache
def document(host: str, *, with_clients: bool = False) -> dict[str, Any]:
    """The machine document of a host, as it is uploaded."""
    return machine_document(_with_clients() if with_clients else estate("staging"), host)


def loaded(path: str) -> Any:
    """A YAML file of the role."""
    return yaml.safe_load((ROLE / path).read_text(encoding="utf-8"))


def variables(host: str, *, with_clients: bool = False) -> dict[str, Any]:
    """What converge and the defaults of the role give, with the facts that templates use."""
    given: dict[str, Any] = program("converge").variables(
        document(host, with_clients=with_clients), may_interrupt=False
    )
    facts = {"default_ipv4": {"address": PRIVATE_ADDRESS}, "virtualization_type": "kvm", "memtotal_mb": 7943}
    return {**loaded("defaults/main.yml"), **given, "ansible_managed": "managed", "ansible_facts": facts}


class Renderer:
    """Templates and expressions with the variables of one host."""

    def __init__(self, host: str, *, with_clients: bool = False, **more: Any) -> None:
        self._variables = {
            name: _trusted(value) for name, value in {**variables(host, with_clients=with_clients), **more}.items()
        }

    def template(self, name: str, **more: Any) -> str:
        """A file of templates/."""
        text = _trusted((ROLE / "templates" / name).read_text(encoding="utf-8"))
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


def tasks() -> list[dict[str, Any]]:
    """All tasks and handlers of the role."""
    files = [*sorted((ROLE / "tasks").iterdir()), ROLE / "handlers/main.yml"]
    return [task for file in files for task in loaded(str(file.relative_to(ROLE)))]


def module_of(task: dict[str, Any]) -> tuple[str, Any]:
    """Module and arguments of a task."""
    (name,) = (key for key in task if key.startswith("ansible."))
    return name.rpartition(".")[2], task[name]


def units() -> list[Path]:
    """Units that are the same on every host."""
    return sorted((ROLE / "files/units").iterdir())
