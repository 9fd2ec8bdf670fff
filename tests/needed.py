"""What a machine must have before it can boot others."""

import os
import shutil
from collections.abc import Sequence

import pytest

from lab.session.needs import PROGRAMS

FOR_CONTAINERS = PROGRAMS


def skip_without(programs: Sequence[str]) -> None:
    """Skips what asks for it where a program or root is missing. In CI nothing may be left out, so there it fails."""
    missing = [program for program in programs if shutil.which(program) is None]
    if not os.geteuid() and not missing:
        return
    reason = f"needs root on Debian{'' if not missing else ' and ' + ', '.join(missing)}. HINT: make machine-tools"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
