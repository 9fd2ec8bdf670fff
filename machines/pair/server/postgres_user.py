"""The user postgres: programs that run as it, and what is done in its folders, as it.

Root never writes, copies or removes there, nor reads what it passes on: a link that whoever has PostgreSQL put in the
place of a file would lead it to any file of the machine.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from host import files, programs
from host.programs import Finished

from pair.settings import Server

POSTGRES = "postgres"
FILE_TIMEOUT = 30
"""Seconds for one small file, on a disk that is busy."""
TREE_TIMEOUT = 3600
"""Seconds for a whole cluster."""


def run(
    server: Server,
    arguments: Sequence[str],
    *,
    timeout: float,
    given: bytes = b"",
    accepted: Sequence[int] = (0,),
    shown: bool = False,
) -> Finished:
    """Runs a program as postgres, with what pgBackRest below it needs to become a role of AWS. Raises CommandError."""
    return programs.run(
        arguments,
        timeout=timeout,
        user=POSTGRES,
        environment=environment(server),
        given=given,
        accepted=accepted,
        shown=shown,
    )


def environment(server: Server) -> dict[str, str]:
    """Environment of every program that runs as postgres, beside the one of all programs."""
    variables = {"HOME": str(server.mount_point), "USER": POSTGRES}
    if server.web_identity is not None:
        variables["AWS_ROLE_ARN"] = server.web_identity.role_arn
        variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(server.web_identity.token_file)
    return variables


def write(server: Server, path: Path, text: str, mode: int = 0o600) -> None:
    """Replaces a file in a folder of postgres, whole and for good. Raises CommandError."""
    library = Path(files.__file__).parents[1]
    program = ["env", f"PYTHONPATH={library}", sys.executable, "-B", "-P", "-m", files.__name__]
    run(server, [*program, str(path), f"{mode:o}"], timeout=FILE_TIMEOUT, given=text.encode())


def make_folder(server: Server, path: Path) -> None:
    """A folder of postgres alone, in one of its own; one that is there stays as it is. Raises CommandError."""
    run(server, ["mkdir", "--parents", "--mode=0700", "--", str(path)], timeout=FILE_TIMEOUT)


def remove(server: Server, *paths: Path) -> None:
    """Removes files and whole folders, as far as they are there. Raises CommandError."""
    words = ["rm", "--recursive", "--force", "--one-file-system", "--", *map(str, paths)]
    run(server, words, timeout=TREE_TIMEOUT)


def copy(server: Server, paths: Sequence[Path], folder: Path) -> None:
    """Copies files into a folder; a link among them is copied as a link. Raises CommandError."""
    words = ["cp", "--no-dereference", "--preserve=mode,timestamps", "--target-directory", str(folder), "--"]
    run(server, [*words, *map(str, paths)], timeout=TREE_TIMEOUT)


def read(server: Server, path: Path) -> str:
    """The text of a file, as far as postgres may read it. Raises CommandError."""
    return run(server, ["cat", "--", str(path)], timeout=FILE_TIMEOUT).output
