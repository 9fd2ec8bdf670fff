"""What goes wrong around the engine ends in one message that says what to do, and the state stays as it was."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.clouds import Failure, FailureKind, Operation
from rehearsal.engine import Engine
from rehearsal.troubles import told
from tests.rehearsal.engine.support import change_stack_file

pytestmark = pytest.mark.engine

STATE = ".pulumi/stacks/packyard/staging.json"
LOCKS = ".pulumi/locks/organization/packyard/staging"


def test_a_wrong_passphrase(branch: Engine) -> None:
    before = _state_file(branch).read_bytes()
    stranger = replace(branch, environment={**branch.environment, "PULUMI_CONFIG_PASSPHRASE": "another"})

    message = told(stranger.up())

    assert "another passphrase" in message
    assert "HINT: set PULUMI_CONFIG_PASSPHRASE" in message
    assert _state_file(branch).read_bytes() == before


def test_a_locked_state(branch: Engine) -> None:
    before = _state_file(branch).read_bytes()
    lock = _state_dir(branch) / LOCKS / "somebody.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    holder = {"pid": 1, "username": "somebody", "hostname": "elsewhere", "timestamp": "2026-01-01T00:00:00Z"}
    lock.write_text(json.dumps(holder), encoding="utf-8")

    message = told(branch.up())

    assert "holds the lock" in message
    assert "HINT: wait for the other command" in message
    assert _state_file(branch).read_bytes() == before


@pytest.mark.parametrize("kept", [0.5, 0.0], ids=["half", "empty"])
def test_a_damaged_state(branch: Engine, kept: float) -> None:
    content = _state_file(branch).read_bytes()
    damaged = content[: int(len(content) * kept)]
    _state_file(branch).write_bytes(damaged)

    message = told(branch.up())

    assert "the state file is damaged" in message
    assert "HINT: put back the newest file from .pulumi/backups" in message
    assert _state_file(branch).read_bytes() == damaged


def test_a_provider_that_dies(branch: Engine) -> None:
    branch.clouds.failures.append(Failure(Operation.READ, 5, FailureKind.CRASH))

    message = told(branch.refresh())

    assert "provider died in the middle" in message
    assert "HINT: run it again" in message
    assert branch.refresh().exit_code == 0


def test_a_program_that_is_wrong(branch: Engine) -> None:
    change_stack_file(branch.project / "Pulumi.staging.yaml", {"gcp.region": None})

    message = told(branch.up())

    assert "region" in message
    assert "Traceback" not in message


def _state_dir(engine: Engine) -> Path:
    return Path(engine.environment["PULUMI_BACKEND_URL"].removeprefix("file://"))


def _state_file(engine: Engine) -> Path:
    return _state_dir(engine) / STATE
