"""How other programs are run: to an end, with an environment of their own."""

import subprocess
import time
from typing import Any

import pytest
from host import programs
from host.programs import CommandError


def test_a_program_that_hangs_is_ended_with_its_children() -> None:
    begin = time.monotonic()

    with pytest.raises(CommandError, match="did not end within"):
        programs.run(["sh", "-c", "sleep 30 & sleep 30"], timeout=0.3)

    assert time.monotonic() - begin < 5


def test_a_program_that_fails_has_the_last_word() -> None:
    with pytest.raises(CommandError, match="sh ended with 3: first / no space left on device"):
        programs.run(["sh", "-c", "echo first >&2; echo no space left on device >&2; exit 3"], timeout=5)


def test_a_program_sees_its_own_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "x")

    output = programs.run(["env"], timeout=5, environment={"MINE": "y"}).output

    assert "MINE=y" in output
    assert "SECRET_OF_THE_CALLER" not in output


def test_a_program_that_is_not_there_is_told_of() -> None:
    with pytest.raises(CommandError, match="not installed"):
        programs.run(["/nowhere/pgbackrest"], timeout=5)


def test_a_program_gets_what_it_is_given_and_its_status_may_be_accepted() -> None:
    finished = programs.run(["sh", "-c", "cat; exit 1"], timeout=5, given=b"token", accepted=(0, 1))

    assert (finished.status, finished.output) == (1, "token")


def test_a_program_of_another_user_keeps_no_group_of_root(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def asked(*_: object, **more: Any) -> None:
        given.update(more)
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "Popen", asked)

    with pytest.raises(CommandError):
        programs.run(["id"], timeout=5, user="postgres")

    assert (given["user"], given["group"], given["extra_groups"]) == ("postgres", "postgres", [])
