"""What went wrong, in one message with file and place."""

import traceback
from pathlib import Path

from capture import ProgramError, StackFileError

KNOWN = (ProgramError, StackFileError)
"""Faults whose text already says what, where and what would be right."""


def explained(error: Exception, program_dir: Path) -> str:
    """The message for an operator: faults of settings as they are, anything else as a fault of the program."""
    if isinstance(error, KNOWN):
        return str(error)
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_relative(error.filename, program_dir)}:{error.lineno}: {error.msg}. HINT: mend the Python there"
    place = _innermost_line(error, program_dir)
    text = str(error) or "no message"
    return f"{place}: {type(error).__name__}: {text}. This is a fault of the program. HINT: --traceback shows more"


def _innermost_line(error: Exception, program_dir: Path) -> str:
    """Where the program itself was, without the frames of installed packages and of the recorder."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if file.is_relative_to(program_dir):
            place = file.relative_to(program_dir)
            if place.parts[0] not in ("capture", "preview") and "site-packages" not in place.parts:
                return f"{place}:{frame.lineno}"
    return "__main__.py"


def _relative(file: str, program_dir: Path) -> str:
    return file.removeprefix(f"{program_dir}/")
