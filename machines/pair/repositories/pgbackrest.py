"""pgBackRest, always as postgres and with a time limit; and what it answers."""

from collections.abc import Sequence

from host.errors import HostError
from host.programs import Finished

from pair.repositories import info as info_text
from pair.repositories.info import RepositoryInfo
from pair.server import postgres_user
from pair.settings import PairSettings

MISSING = 1
"""Exit status of repo-get --ignore-missing for an object that is not there; errors have higher ones."""
SHORT = 6
"""Seconds for one small object: one sign-in at the cloud and one request, with room for one retry."""
QUIET = ("--log-level-console=off", "--log-level-stderr=warn", "--log-level-file=off")
"""What is parsed goes to the console alone, and a full disk stops no question."""


def run(
    settings: PairSettings,
    command: str,
    *options: str,
    repository: int | None = None,
    timeout: float = 600,
    shown: bool = False,
    accepted: Sequence[int] = (0,),
) -> Finished:
    """Runs a pgBackRest command for the stanza. Raises CommandError."""
    chosen = () if repository is None else (f"--repo={repository}",)
    words = ["pgbackrest", f"--stanza={settings.stanza}", *chosen, *options, command]
    return postgres_user.run(settings.server, words, timeout=timeout, shown=shown, accepted=accepted)


def info(settings: PairSettings, repository: int | None = None, timeout: float = 30) -> tuple[RepositoryInfo, ...]:
    """What is in the repositories, or in one. Raises HostError."""
    output = run(settings, "info", "--output=json", *QUIET, repository=repository, timeout=timeout).output
    return info_text.parse(output)


def info_of(settings: PairSettings, repository: int, timeout: float = 30) -> RepositoryInfo:
    """What is in one repository. Raises HostError."""
    for found in info(settings, repository, timeout):
        if found.number == repository:
            return found
    raise HostError(f"pgbackrest info says nothing of repository {repository}", "pair-pgbackrest info")


def repo_list(settings: PairSettings, repository: int, folder: str, timeout: float) -> str:
    """All below a folder of a repository, as JSON. Raises CommandError."""
    words = ["pgbackrest", f"--repo={repository}", "--output=json", "--recurse", *QUIET, "repo-ls", folder]
    return postgres_user.run(settings.server, words, timeout=timeout).output


def repo_get(
    settings: PairSettings, repository: int, path: str, timeout: float = SHORT, *, raw: bool = True
) -> bytes | None:
    """An object of a repository; None where there is none. `raw` is as it lies there, for what we put there ourselves.

    What pgBackRest wrote comes decrypted without it. Raises CommandError where the repository cannot be read.
    """
    words = [*_object_command(repository, "repo-get", timeout, raw=raw), path]
    finished = postgres_user.run(settings.server, [*words, "--ignore-missing"], timeout=timeout, accepted=(0, MISSING))
    return finished.output.encode() if finished.status == 0 else None


def repo_put(settings: PairSettings, repository: int, path: str, content: bytes, timeout: float = SHORT) -> None:
    """Writes an object into a repository as it is. Raises CommandError."""
    words = [*_object_command(repository, "repo-put", timeout, raw=True), path]
    postgres_user.run(settings.server, words, timeout=timeout, given=content)


def _object_command(repository: int, command: str, timeout: float, *, raw: bool) -> list[str]:
    """These two take no options of a stanza; their own limits end a connection before the program is killed."""
    limits = (f"--io-timeout={max(timeout - 1, 1):g}", "--db-timeout=1", f"--protocol-timeout={timeout + 1:g}")
    return ["pgbackrest", f"--repo={repository}", *limits, *QUIET, *(["--raw"] if raw else []), command]
