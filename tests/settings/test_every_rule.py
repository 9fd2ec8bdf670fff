"""A rule that nothing breaks may never have worked."""

import subprocess
import sys

from tests.support import ROOT


def test_every_rule_between_sections_has_a_file_that_breaks_it() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.settings.rule_coverage"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert run.stdout.splitlines()[-1] == "never broken: none"
    assert run.returncode == 0
