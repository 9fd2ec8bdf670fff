"""Writing a file whole or not at all."""

import os
import tempfile
from pathlib import Path


class OutputError(Exception):
    """A file that cannot be written; the text names it."""


FOR_EVERYBODY = 0o644
"""A drawing is for everyone who may read its folder."""


def write_whole(path: Path, text: str, mode: int = FOR_EVERYBODY) -> None:
    """Writes beside the file and then puts it in place, so that nobody ever sees half of it. Raises OutputError."""
    temporary = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        # Until now nobody else could read it: mkstemp sees to that.
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise OutputError(
            f"{path}: cannot be written: {error.strerror}. HINT: a file in a folder that exists"
        ) from None
