"""The programs of machines/ as modules; their folder is put on the path, as it is on a machine."""

import importlib
import sys
from types import ModuleType

from tests.support import ROOT

MACHINES = ROOT / "machines"


def program(name: str, folder: str = "converge") -> ModuleType:
    """A program by the name of its file, as a machine would import it."""
    folder = str(MACHINES / folder)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(name)
