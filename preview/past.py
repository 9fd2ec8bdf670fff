"""The process that captures another revision: python -m preview.past FOLDER STACK ANSWER.

It has the recorder of this revision and everything else of the other one, so nothing of the program may be imported
before the folder leads the search path.
"""

import pickle
import sys
from collections.abc import Sequence
from pathlib import Path

from capture import capture_stack, read_stack_file
from capture.hiding import hidden
from preview.bundle import bundle_files
from preview.faults import explained
from preview.revision import NO_SUCH_STACK
from preview.wire import without_plain_secrets


def main(arguments: Sequence[str]) -> int:
    """Writes the capture as a pickle; a fault goes to standard error."""
    folder, stack, answer = Path(arguments[0]), arguments[1], Path(arguments[2])
    program_files = (folder / "__main__.py", folder / "Pulumi.yaml", folder / f"Pulumi.{stack}.yaml")
    if not all(file.is_file() for file in program_files):
        return NO_SUCH_STACK
    sys.path.insert(0, str(folder))
    _forget_shared_room()
    try:
        capture = capture_stack(folder, read_stack_file(folder, stack))
    except Exception as error:
        sys.stderr.write(f"{explained(error, folder)}\n")
        return 1
    answer.write_bytes(pickle.dumps((without_plain_secrets(hidden(capture)), bundle_files(capture, folder))))
    return 0


def _forget_shared_room() -> None:
    """The recorder has its own reader of stack files; the other program gets the one that it was written for."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "stack_yaml"]:
        del sys.modules[name]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
