"""Writing a file whole or not at all."""

import os
import tempfile
from pathlib import Path


class OutputError(Exception):
    """A file that cannot be written; the text names it."""


def write_whole(path: Path, text: str) -> None:
    """Writes beside the file and then puts it in place, so that nobody ever sees half of it. Raises OutputError."""
    temporary = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        # mkstemp lets nobody else read; a drawing is for everyone who may read its folder.
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise OutputError(
            f"{path}: cannot be written: {error.strerror}. HINT: a file in a folder that exists"
        ) from None
