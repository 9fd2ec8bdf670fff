"""What `pgbackrest info --output=json` says, as records. Nothing else reads that text."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from host.errors import HostError

from pair.server import wal
from pair.server.wal import Segment


@dataclass(frozen=True)
class Backup:
    """A backup of one repository."""

    label: str
    kind: str
    """"full", "diff" or "incr"."""
    stop: datetime
    size: int
    """Bytes of the database that it holds."""
    first: Segment
    """Of the WAL without which it cannot be restored at all."""
    last: Segment
    whole_at: int
    """Position in the WAL, bytes: a restore must get there before it may leave the timeline of the backup."""


@dataclass(frozen=True)
class RepositoryInfo:
    """What `info` says of one repository."""

    number: int
    is_ok: bool
    message: str
    backups: tuple[Backup, ...] = ()
    """Oldest first."""
    archive: str = ""
    """Identifier of the archive of the newest database version, such as 17-1; empty for none."""


def parse(text: str) -> tuple[RepositoryInfo, ...]:
    """The text for one stanza. Raises HostError."""
    try:
        stanzas: list[dict[str, Any]] = json.loads(text)
        return tuple(_repository(stanza, entry) for stanza in stanzas for entry in stanza["repo"])
    except (ValueError, KeyError, TypeError) as error:
        raise HostError(f"pgbackrest info cannot be understood: {type(error).__name__} {error}") from None


def _repository(stanza: dict[str, Any], entry: dict[str, Any]) -> RepositoryInfo:
    number, status = int(entry["key"]), entry["status"]
    backups = [backup for backup in stanza.get("backup", []) if backup["database"]["repo-key"] == number]
    archives = [archive for archive in stanza.get("archive", []) if archive["database"]["repo-key"] == number]
    return RepositoryInfo(
        number=number,
        is_ok=status["code"] == 0,
        message=str(status["message"]),
        backups=tuple(sorted((_backup(backup) for backup in backups), key=lambda backup: backup.stop)),
        archive=str(archives[-1]["id"]) if archives else "",
    )


def _backup(entry: dict[str, Any]) -> Backup:
    return Backup(
        label=str(entry["label"]),
        kind=str(entry["type"]),
        stop=datetime.fromtimestamp(entry["timestamp"]["stop"], UTC),
        size=int(entry["info"]["size"]),
        first=wal.segment(str(entry["archive"]["start"])),
        last=wal.segment(str(entry["archive"]["stop"])),
        whole_at=wal.position(str(entry["lsn"]["stop"])),
    )
