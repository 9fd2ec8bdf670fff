"""The folder of a rehearsal: state, copies of the project, and what the simulated clouds hold."""

import json
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.clouds import SimulatedClouds
from rehearsal.project_copy import copy_revision, copy_work_tree

CLOUDS_FILE = "clouds.json"


@dataclass
class Folder:
    """One rehearsal on disk. It is deleted at the end unless `kept` is set."""

    path: Path
    kept: bool
    clouds: SimulatedClouds = field(default_factory=SimulatedClouds)

    def present(self, root: Path) -> Path:
        """A new copy of the work tree."""
        target = self._new_copy()
        copy_work_tree(root, target)
        return target

    def revision(self, root: Path, revision: str) -> Path:
        """A new copy of a revision. Raises RevisionError."""
        target = self._new_copy()
        copy_revision(root, revision, target)
        return target

    @property
    def last_copy(self) -> Path | None:
        """The copy that an earlier rehearsal in this folder ended with; its stack file opens the state."""
        copies = sorted(self.path.glob("project-*"), key=lambda copy: int(copy.name.rpartition("-")[2]))
        return copies[-1] if copies else None

    def _new_copy(self) -> Path:
        last = self.last_copy
        number = int(last.name.rpartition("-")[2]) + 1 if last else 1
        return self.path / f"project-{number}"


@contextmanager
def rehearsal_folder(keep: Path | None) -> Generator[Folder]:
    """A kept folder goes on where it was; without one, a temporary folder that is gone afterwards."""
    path = keep.resolve() if keep else Path(tempfile.mkdtemp(prefix="packyard-rehearsal-"))
    path.mkdir(parents=True, exist_ok=True)
    folder = Folder(path, kept=keep is not None, clouds=_read_clouds(path / CLOUDS_FILE))
    try:
        yield folder
    finally:
        if folder.kept:
            (path / CLOUDS_FILE).write_text(json.dumps(folder.clouds.document()), encoding="utf-8")
        else:
            shutil.rmtree(path, ignore_errors=True)


def _read_clouds(file: Path) -> SimulatedClouds:
    return SimulatedClouds.of(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else SimulatedClouds()
