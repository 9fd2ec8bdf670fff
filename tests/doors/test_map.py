"""The README's list of rooms is the map of the repository; it must agree with the folders."""

import re
from pathlib import Path

import pytest

from tests.doors.test_imports import ROOMS
from tests.support import ROOT

README = ROOT / "README.md"


def test_every_room_exists_and_says_what_it_is() -> None:
    for room in ROOMS:
        if room not in ("machines", "rehearsal"):
            text = (ROOT / room / "__init__.py").read_text(encoding="utf-8")

            assert text.startswith('"""'), f"{room}/__init__.py begins with what the room is"


def test_the_readme_lists_every_room() -> None:
    listed = set(re.findall(r"^[-*|] *`([a-z_]+)/`", README.read_text(encoding="utf-8"), re.MULTILINE))
    rooms = {room for room in ROOMS if (ROOT / room).is_dir() and any((ROOT / room).iterdir())}

    assert rooms <= listed, "a bullet or a row of a table for each room: - `settings/` ..."
    assert all((ROOT / room).is_dir() for room in listed), "the README lists a folder that is not there"


SYSTEMS_LIE_IN = ("settings", "tests/components", "tests/settings")
"""Rooms that have a folder for each system for which they have something."""


@pytest.mark.parametrize("room", SYSTEMS_LIE_IN)
def test_a_system_has_the_name_of_its_component_in_every_room(room: str) -> None:
    assert _folders(ROOT / room) <= _folders(ROOT / "components")


def test_a_system_under_another_name_is_seen(tmp_path: Path) -> None:
    for folder in ("components/package_server", "settings/packages"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "__init__.py").touch()

    assert _folders(tmp_path / "settings") - _folders(tmp_path / "components") == {"packages"}


def _folders(room: Path) -> set[str]:
    return {path.parent.name for path in room.glob("*/__init__.py")}
