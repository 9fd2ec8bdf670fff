"""What a machine must have before it can boot others."""

import os
import shutil
from collections.abc import Sequence

import pytest

from lab.session.needs import PROGRAMS

FOR_CONTAINERS = PROGRAMS


def skip_without(programs: Sequence[str], *, root: bool = True) -> None:
    """Skips what asks for it where a program or root is missing. In CI nothing may be left out, so there it fails."""
    missing = [program for program in programs if shutil.which(program) is None]
    if not (root and os.geteuid()) and not missing:
        return
    what = " and ".join([*(["root on Debian"] if root else []), *([", ".join(missing)] if missing else [])])
    reason = f"needs {what}. HINT: make machine-tools"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
