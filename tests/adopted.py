"""The whole `make test` in a copy whose stack files somebody has rewritten: `make test-adopted`.

Who adopts the project changes every value of its stack files, and must not find the tests red.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from preview.revision import RevisionError
from rehearsal.project_copy import copy_work_tree
from tests.copies import commit_all, nothing_to_install
from tests.estate.rewriting import rewrite
from tests.support import REAL_STACKS, ROOT

SEED = 1


def main() -> int:
    """Ends as `make test` does there."""
    with tempfile.TemporaryDirectory(prefix="packyard-adopted-") as folder:
        copy = Path(folder)
        try:
            copy_work_tree(ROOT, copy)
        except RevisionError as error:
            sys.exit(str(error))
        nothing_to_install(copy)
        for stack in REAL_STACKS:
            done = rewrite(copy / f"Pulumi.{stack}.yaml", SEED)
            sys.stdout.write(f"{stack}: every placeholder, and {len(done)} lists\n")
            sys.stdout.flush()
        commit_all(copy)
        return subprocess.run(["make", "--no-print-directory", "test"], cwd=copy, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
