"""pgBackRest, always as postgres and with a time limit; and what it says, as records."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from host.errors import HostError
from host.programs import Finished

from pair.server import postgres_user
from pair.settings import PairSettings

MISSING = 1
"""Exit status of repo-get --ignore-missing for an object that is not there; errors have higher ones."""
SHORT = 6
"""Seconds for one small object: one sign-in at the cloud and one request, with room for one retry."""
QUIET = ("--log-level-console=off", "--log-level-stderr=warn", "--log-level-file=off")
"""What is parsed goes to the console alone, and a full disk stops no question."""


@dataclass(frozen=True)
class Backup:
    """A backup of one repository."""

    label: str
    kind: str
    """"full", "diff" or "incr"."""
    start: datetime
    stop: datetime
    has_errors: bool
    """Whether pages with wrong checksums were found."""


@dataclass(frozen=True)
class RepositoryInfo:
    """What `info` says of one repository."""

    number: int
    is_ok: bool
    message: str
    backups: tuple[Backup, ...]
    """Oldest first."""
    newest_wal: str
    """Last segment in the archive of the newest database version; empty for none."""


def run(
    settings: PairSettings,
    command: str,
    *options: str,
    repository: int | None = None,
    timeout: float = 600,
    shown: bool = False,
) -> Finished:
    """Runs a pgBackRest command for the stanza. Raises CommandError."""
    chosen = () if repository is None else (f"--repo={repository}",)
    words = ["pgbackrest", f"--stanza={settings.stanza}", *chosen, *options, command]
    return postgres_user.run(settings, words, timeout=timeout, shown=shown)


def info(settings: PairSettings, repository: int | None = None, timeout: float = 30) -> tuple[RepositoryInfo, ...]:
    """What is in the repositories, or in one. Raises HostError."""
    output = run(settings, "info", "--output=json", *QUIET, repository=repository, timeout=timeout).output
    return parse_info(output)


def parse_info(text: str) -> tuple[RepositoryInfo, ...]:
    """The text of `info --output=json` for one stanza. Raises HostError."""
    try:
        stanzas: list[dict[str, Any]] = json.loads(text)
        return tuple(_repository(stanza, entry) for stanza in stanzas for entry in stanza["repo"])
    except (ValueError, KeyError, TypeError) as error:
        raise HostError(f"pgbackrest info cannot be understood: {type(error).__name__} {error}") from None


def repo_get(settings: PairSettings, repository: int, path: str, timeout: float = SHORT) -> bytes | None:
    """An object of a repository as it lies there, without its encryption; None where there is none.

    Raises CommandError where the repository cannot be read.
    """
    words = _object_command(repository, "repo-get", path, timeout)
    finished = postgres_user.run(settings, [*words, "--ignore-missing"], timeout=timeout, accepted=(0, MISSING))
    return finished.output.encode() if finished.status == 0 else None


def repo_put(settings: PairSettings, repository: int, path: str, content: bytes, timeout: float = SHORT) -> None:
    """Writes an object into a repository as it is. Raises CommandError."""
    words = _object_command(repository, "repo-put", path, timeout)
    postgres_user.run(settings, words, timeout=timeout, given=content)


def _object_command(repository: int, command: str, path: str, timeout: float) -> list[str]:
    """These two take no options of a stanza; their own limits end a connection before the program is killed."""
    limits = (f"--io-timeout={max(timeout - 1, 1):g}", "--db-timeout=1", f"--protocol-timeout={timeout + 1:g}")
    return ["pgbackrest", f"--repo={repository}", *limits, *QUIET, "--raw", command, path]


def _repository(stanza: dict[str, Any], entry: dict[str, Any]) -> RepositoryInfo:
    number, status = int(entry["key"]), entry["status"]
    backups = [backup for backup in stanza.get("backup", []) if backup["database"]["repo-key"] == number]
    archives = [archive for archive in stanza.get("archive", []) if archive["database"]["repo-key"] == number]
    return RepositoryInfo(
        number=number,
        is_ok=status["code"] == 0,
        message=str(status["message"]),
        backups=tuple(sorted((_backup(backup) for backup in backups), key=lambda backup: backup.stop)),
        newest_wal=str(archives[-1].get("max") or "") if archives else "",
    )


def _backup(entry: dict[str, Any]) -> Backup:
    return Backup(
        label=str(entry["label"]),
        kind=str(entry["type"]),
        start=datetime.fromtimestamp(entry["timestamp"]["start"], UTC),
        stop=datetime.fromtimestamp(entry["timestamp"]["stop"], UTC),
        has_errors=bool(entry.get("error")),
    )
