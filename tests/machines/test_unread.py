"""No machine is told what nothing on it reads: proven by another value, or by what a program takes."""

import copy
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
import yaml

from capture import Capture
from settings.documents import DOCUMENTS
from tests.machines.reading import Readers, unread
from tests.machines.roles.database.database_role import CLIENTS
from tests.machines.support.programs import MACHINES
from tests.machines.test_argument_specs import documents_of
from tests.support import estate, variant

RUN_NOTHING_YET = {
    "dev-instance": "GitLab's role does not exist yet; its document is made, and machines boot with it",
    "runner-manager": "the role of GitLab Runner does not exist yet; its document is made, and machines boot with it",
}
"""Roles whose own settings have no reader, with the reason. Whoever writes the role takes the entry out."""

OWN = "settings."

SERVED_BY_THE_BUCKET = "what is released is served by its bucket, and nothing on the machine"

NOT_YET: Mapping[str, Mapping[str, str]] = {
    "package-server": {
        "settings.backup.": "nothing dumps the database yet",
        "settings.monitoring.": "nothing reports these metrics yet",
        "settings.notificationAddresses": "nothing sends mail yet",
        "settings.pulp.cliPins": "no role installs Pulp's command line yet: packagectl speaks to the interface itself",
        "settings.repositories[].retentionDays": "no sweep yet",
        "settings.signingKeys[].alertDays": "nothing reports the days that are left yet",
        "settings.signingKeys[].expires": "nothing reports the days that are left yet",
        "settings.signingKeys[].publicFile": "an operator puts the public halves up",
        "settings.channels[].host": SERVED_BY_THE_BUCKET,
        "settings.pipelines": "nobody but the admin uploads yet",
        "settings.repositories[].components": "the plugin takes the components of what is uploaded",
        "settings.repositories[].releasers": "nobody but root releases yet",
        "settings.repositories[].uploaders": "nobody but the admin uploads yet",
        "settings.urlMap": "nothing takes a release back yet",
    }
}
"""Beginnings of keys that a role does not read yet, with the reason. Whoever reads one takes the entry out."""

every_role = pytest.mark.parametrize("role", DOCUMENTS)


def captures() -> tuple[Capture, ...]:
    """Without and with clients of the database: a list that is empty shows no reader of its items."""
    return estate("staging"), variant("staging", {"databasePair.appCidrs": [CLIENTS]})


@cache
def documents() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {role: [] for role in DOCUMENTS}
    for capture in captures():
        for document in documents_of(capture):
            if document not in found[document["role"]]:
                found[document["role"]].append(document)
    return found


@cache
def unread_in(role: str) -> tuple[str, ...]:
    return tuple(unread(documents()[role]))


def roles_of(playbook: str) -> list[str]:
    (play,) = yaml.safe_load((MACHINES / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8"))
    return list(play["roles"])


def is_stale(roles: list[str]) -> bool:
    """Whether a machine of the role has a role that not every machine has, so that its settings have a reader."""
    return not set(roles) <= set.intersection(*(set(roles_of(other)) for other in DOCUMENTS))


@every_role
def test_every_setting_of_a_machine_is_read_on_it(role: str) -> None:
    if role in RUN_NOTHING_YET:
        return

    known = tuple(NOT_YET.get(role, ()))
    found = [key for key in unread_in(role) if key.startswith(OWN) and not (known and key.startswith(known))]
    assert found == [], "read it, or tell it to nobody"


@pytest.mark.parametrize(("role", "key"), [(role, key) for role, keys in NOT_YET.items() for key in keys])
def test_what_is_said_to_be_unread_yet_is_unread(role: str, key: str) -> None:
    assert [each for each in unread_in(role) if each.startswith(key)], "it is read now: take it out of NOT_YET"


def test_every_key_that_all_machines_are_told_is_read_on_one() -> None:
    everywhere = set[str].intersection(*(set(unread_in(role)) for role in DOCUMENTS))

    assert [key for key in everywhere if not key.startswith(OWN)] == []


@pytest.mark.parametrize("role", RUN_NOTHING_YET)
def test_an_exception_is_for_a_role_that_runs_nothing(role: str) -> None:
    assert not is_stale(roles_of(role)), "it runs something now: take it out of RUN_NOTHING_YET"
    assert [key for key in unread_in(role) if key.startswith(OWN)]


def test_an_exception_is_stale_as_soon_as_the_role_is_there() -> None:
    assert all(is_stale([*roles_of(role), "gitlab"]) for role in RUN_NOTHING_YET)


@pytest.mark.parametrize("section", [(), ("identity",), ("pgbackrest", "options"), ("certificates",)], ids=".".join)
def test_a_key_that_nobody_reads_is_found(section: tuple[str, ...]) -> None:
    """The options of pgBackRest are written out as they stand, so there each key is read."""
    (document, *_) = copy.deepcopy(documents()["database-pair"])
    holder = document["settings"]
    for key in section:
        holder = holder[key]
    holder["surprise"] = 1

    assert Readers(document).read(("settings", *section, "surprise")) is (section == ("pgbackrest", "options"))
