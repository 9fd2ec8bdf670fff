"""The user postgres: programs that run as it, and files that belong to it."""

from collections.abc import Sequence
from pathlib import Path

from host import files, programs
from host.programs import Finished

from pair.settings import Server

POSTGRES = "postgres"


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


def write(path: Path, text: str, mode: int = 0o600) -> None:
    """Replaces a file of postgres, and makes its folder."""
    make_folder(path.parent)
    files.replace(path, text, mode, owner=POSTGRES, group=POSTGRES)


def make_folder(path: Path) -> None:
    """A folder of postgres alone; one that is there stays as it is."""
    files.make_folder(path, owner=POSTGRES)
