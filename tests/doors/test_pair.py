"""Doors between the rooms of pairctl: each uses those before it in the table, and no command uses another."""

import pytest

from tests.doors.test_imports import Import, imports_of
from tests.support import ROOT

PAIR = ROOT / "machines" / "pair"

DOORS = {
    "server": (),
    "keys": ("server",),
    "repositories": ("server",),
    "succession": ("server", "repositories"),
    "commands": ("server", "keys", "repositories", "succession"),
}
"""Rooms of machines/pair, and whom each may use beside itself and the modules at the top."""


def used(entry: Import) -> str:
    """The room that an import of pairctl's own names; empty for a module at the top, and for others' packages."""
    parts = entry.module.split(".")
    return parts[1] if parts[0] == "pair" and len(parts) > 1 and (PAIR / parts[1]).is_dir() else ""


def wrong(room: str, entry: Import) -> bool:
    name = used(entry)
    return bool(name) and name not in DOORS[room] and (name != room or room == "commands")


def test_every_room_is_in_the_table() -> None:
    assert {path.name for path in PAIR.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(DOORS)


@pytest.mark.parametrize("room", DOORS)
def test_a_room_uses_those_before_it_and_no_command_uses_another(room: str) -> None:
    found = [str(entry) for path in sorted((PAIR / room).glob("*.py")) for entry in imports_of(path)]

    assert found, "there is nothing in it"
    crossing = [
        str(entry) for path in sorted((PAIR / room).glob("*.py")) for entry in imports_of(path) if wrong(room, entry)
    ]
    assert crossing == [], "what two commands need belongs to the room of its subject; see machines/pair/README.md"


def test_the_modules_at_the_top_use_no_room() -> None:
    top = [str(entry) for path in sorted(PAIR.glob("*.py")) for entry in imports_of(path) if used(entry)]

    assert top == []


def test_a_command_that_uses_another_is_seen() -> None:
    assert wrong("commands", Import("create.py", 1, "pair.commands.rejoin"))
    assert wrong("server", Import("cluster.py", 1, "pair.succession.fence.read"))
    assert not wrong("succession", Import("fence.py", 1, "pair.repositories.pgbackrest"))
    assert not wrong("commands", Import("create.py", 1, "pair.settings.PairSettings"))
