"""The role `database` on each host of staging, with and without clients of the database."""

from functools import cache
from pathlib import Path
from typing import Any

from capture import Capture
from tests.machines.support import roles
from tests.machines.support.roles import FACTS, Role
from tests.registrations import machine_document
from tests.support import estate, variant

ROLE = Role("database")
HOSTS = ("pg-a", "pg-b")
CLIENTS = "10.16.0.16/28"
PRIVATE_ADDRESS = FACTS["default_ipv4"]["address"]


@cache
def _with_clients() -> Capture:
    return variant("staging", {"databasePair.appCidrs": [CLIENTS]})


@cache
def document(host: str, *, with_clients: bool = False) -> dict[str, Any]:
    """The machine document of a host."""
    return machine_document(_with_clients() if with_clients else estate("staging"), host)


class Renderer(roles.Renderer):
    """The role on one host."""

    def __init__(self, host: str, *, with_clients: bool = False, **more: Any) -> None:
        super().__init__(ROLE, roles.given(document(host, with_clients=with_clients)), **more)


def units() -> list[Path]:
    """Units that are the same on every host."""
    return sorted((ROLE.folder / "files/units").iterdir())
