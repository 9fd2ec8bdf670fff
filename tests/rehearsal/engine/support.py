"""Copies of the project with changes, on the engine and in a capture alike."""

import copy
import json
import pickle
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import stack_yaml
from capture import Capture
from rehearsal.clouds import SimulatedClouds
from rehearsal.engine import Engine, running_engine, succeeded
from tests.copies import copy_project
from tests.support import ROOT, put_value, variant

SYSTEMS = ("cloudNativeCluster", "backupVault", "packageServer", "devInstance", "runnerFleet", "databasePair", "link")
"""Sections that a stack can leave out."""

Settings = Mapping[str, object]
"""New values by dotted path, as tests.support.variant takes them; None removes a key."""

Edits = Sequence[tuple[str, str, str]]
"""A file of the program, a text in it, and what stands there instead."""


@dataclass(frozen=True)
class Living:
    """A stack that is up."""

    engine: Engine
    folder: Path
    settings: Settings


@contextmanager
def grown(stack: str, folder: Path, settings: Settings, *, checkpoints: bool = True) -> Generator[Living]:
    """A stack that was brought up from nothing."""
    project = project_copy(folder / "project", stack, settings)
    with running_engine(project, stack, folder, checkpoints=checkpoints) as engine:
        succeeded(engine.up())
        yield Living(engine, folder, settings)


@contextmanager
def branch_of(
    living: Living, folder: Path, settings: Settings | None = None, *, checkpoints: bool = True
) -> Generator[Engine]:
    """The same stack once more, to be broken: copies of state, project and clouds, the project with new settings."""
    for name in ("state", "project"):
        shutil.copytree(living.folder / name, folder / name, symlinks=True)
    change_stack_file(folder / "project" / f"Pulumi.{living.engine.stack}.yaml", settings or {})
    clouds = SimulatedClouds.of(living.engine.clouds.document())
    project, stack = folder / "project", living.engine.stack
    with running_engine(project, stack, folder, clouds, checkpoints=checkpoints) as engine:
        yield engine


def change_stack_file(file: Path, settings: Settings) -> None:
    """Writes new values into a stack file."""
    document = cast("dict[str, Any]", stack_yaml.read(file.read_bytes()))
    for path, value in settings.items():
        section, *rest = path.split(".")
        put_value(document["config"], [f"packyard:{section}", *rest], copy.deepcopy(value))
    file.write_text(stack_yaml.written(document), encoding="utf-8")


def without(*systems: str) -> dict[str, object]:
    """Leaves out systems."""
    settings: dict[str, object] = {}
    for system in systems:
        settings[system] = None
    return settings


def only(*systems: str) -> dict[str, object]:
    """Leaves out every system but these: the networks, zone, stores and alerts that all share remain."""
    return without(*(system for system in SYSTEMS if system not in systems))


def project_copy(target: Path, stack: str, settings: Settings | None = None, edits: Edits | None = None) -> Path:
    """A copy of the work tree with changed settings and a changed program."""
    copy_project(target)
    if settings:
        change_stack_file(target / f"Pulumi.{stack}.yaml", settings)
    for name, before, after in edits or ():
        text = (target / name).read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{name} holds {before!r} {text.count(before)} times"
        (target / name).write_text(text.replace(before, after), encoding="utf-8")
    return target


def captured(project: Path, stack: str, settings: Settings | None, edits: Edits | None) -> Capture:
    """The same program in process; with edits in a process of its own, because its modules have the same names."""
    if not edits:
        return variant(stack, settings or {})
    answer = project.with_suffix(".capture")
    command = [sys.executable, "-m", "preview.past", str(project), stack, str(answer)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    capture, _ = pickle.loads(answer.read_bytes())  # noqa: S301 -- written by our own module
    return capture


def holds_in_clear(folder: Path, value: str) -> list[str]:
    """Files that hold a value, as it is or as JSON writes it."""
    needles = {value.encode(), json.dumps(value)[1:-1].encode()}
    return [
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file() and any(needle in file.read_bytes() for needle in needles)
    ]
