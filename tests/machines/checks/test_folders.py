"""Each way by which root once worked in a folder of another is seen, were it to come back."""

from pathlib import Path

import pytest

from tests.machines.checks import folders
from tests.machines.checks.test_checks import copy_with, mistakes

WAYS = (
    "PostgreSQL's configuration belongs to postgres",
    "the data disk belongs to postgres",
    "the version of the data is read through a link",
    "a configuration of PostgreSQL is written wherever a link leads",
    "diverged WAL is copied by root",
    "metrics lie in a folder of the exporter's user",
)


@pytest.mark.parametrize("name", WAYS)
def test_a_way_that_would_lead_root_elsewhere_is_seen(name: str, tmp_path: Path) -> None:
    copy = copy_with(mistakes()[name], tmp_path / "copy")
    checks = (folders.written, folders.commands, folders.programs, folders.constants)

    assert [fault for check in checks for fault in check(copy)] != []


def test_whose_a_path_is_says_the_nearest_folder_above_it_and_never_the_path_itself() -> None:
    given = {"/var/lib/postgresql/17": "postgres", "/var": "", "/srv": "git"}

    assert folders.whose("/var/lib/postgresql/17/main/PG_VERSION", given) == "postgres"
    assert folders.whose("/var/lib/postgresql/17", given) == ""
    assert folders.whose("/srv/a/b", given) == "git"
