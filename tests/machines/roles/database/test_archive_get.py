"""pair-archive-get: which repository is asked for a file of the archive, and which is left alone."""

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.machines.roles.database.database_role import HOSTS, Renderer
from tests.support import ROOT

every_host = pytest.mark.parametrize("host", HOSTS)

ENDPOINTS = ("s3.us-east-1.amazonaws.com", "storage.googleapis.com")
OWN_FIRST = {"pg-a": ["2", "1"], "pg-b": ["1", "2"]}

Asked = tuple[int, list[str]]
"""Exit status, and the repositories that pgBackRest was asked for."""


@pytest.fixture
def archive_get(tmp_path: Path) -> Callable[..., Asked]:
    """Runs pair-archive-get of a host with stand-ins of `timeout` and pgBackRest; its exit status and what it asked."""
    folder = tmp_path / "programs"
    folder.mkdir()
    asked = tmp_path / "asked"
    stand_ins = {
        # A repository answers if its host is in $REACHED.
        "timeout": 'shift; [ "$1" = bash ] || exec "$@"; case " $REACHED " in *" $4 "*) exit 0;; esac; exit 124',
        "pgbackrest": f'echo "$@" >> {asked}; number=${{2#--repo=}}; eval "exit \\${{STATUS_$number:-1}}"',
    }
    for name, body in stand_ins.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)

    def run(host: str, reached: Sequence[str] = ENDPOINTS, **status: int) -> Asked:
        asked.write_text("")
        text = Renderer(host).template("pair-archive-get.j2").replace("/run/pgbackrest", str(tmp_path))
        environment = {f"STATUS_{name[-1]}": str(value) for name, value in status.items()}
        done = subprocess.run(
            ["bash", "-c", text, "pair-archive-get", "000000010000000000000007", "pg_wal/RECOVERYXLOG"],
            env={"PATH": f"{folder}:/usr/bin:/bin", "REACHED": " ".join(reached), **environment},
            check=False,
        )
        return done.returncode, re.findall(r"--repo=(\d)", asked.read_text())

    return run


@every_host
def test_a_file_of_the_archive_comes_from_the_own_cloud_and_else_from_the_other(
    host: str, archive_get: Callable[..., Asked]
) -> None:
    own, other = OWN_FIRST[host]

    assert archive_get(host, **{f"repository_{own}": 0}) == (0, [own])
    assert archive_get(host, **{f"repository_{other}": 0}) == (0, [own, other])
    assert archive_get(host) == (1, [own, other])


@every_host
def test_a_repository_that_is_away_is_left_alone_for_a_while(
    host: str, archive_get: Callable[..., Asked], tmp_path: Path
) -> None:
    own, other = OWN_FIRST[host]
    reached = [ENDPOINTS[int(other) - 1]]

    assert archive_get(host, reached, **{f"repository_{other}": 0}) == (0, [other])
    assert archive_get(host, **{f"repository_{other}": 0}) == (0, [other])
    os.utime(tmp_path / f"repo{own}-away", (0, 0))
    assert archive_get(host, **{f"repository_{own}": 0}) == (0, [own])


@every_host
def test_a_repository_that_fails_does_not_hide_what_the_other_has(host: str, archive_get: Callable[..., Asked]) -> None:
    own, other = OWN_FIRST[host]

    assert archive_get(host, **{f"repository_{own}": 103, f"repository_{other}": 0}) == (0, [own, other])


@every_host
def test_shellcheck_finds_nothing_in_the_scripts(host: str, tmp_path: Path) -> None:
    for name in ("pair-archive-get", "pair-as-postgres", "pair-pgbackrest"):
        script = tmp_path / name
        script.write_text(Renderer(host).template(f"{name}.j2"), encoding="utf-8")
        subprocess.run([ROOT / ".venv/bin/shellcheck", "--severity=style", script], check=True)
