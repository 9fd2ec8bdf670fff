"""What the machine is told: the part of its document that belongs to the package server, as records.

Converge has held the document against its schema already; here a missing key is only a short message.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from host.errors import HostError

FILE = Path("/etc/packyard/packages.json")
UPLOADED_TO = "preRelease"
"""The channel that Pulp serves: what is released lies in a bucket, and Pulp knows nothing of it."""


@dataclass(frozen=True)
class Repository:
    """A repository that Pulp serves: what is uploaded to it is no release yet."""

    name: str
    """Of the repository and of its distribution in Pulp."""
    format: str
    """"apt" or "rpm"."""
    path: str
    """Below the place of pre-releases."""
    codename: str
    """Of an apt repository; empty for an rpm one."""
    architectures: tuple[str, ...]


@dataclass(frozen=True)
class PackageSettings:
    """All that packagectl needs of the document."""

    bucket: str
    """Where Pulp keeps what was uploaded."""
    repositories: tuple[Repository, ...]
    database_fields_key_secret: str
    admin_password_secret: str
    socket: Path
    """Where Pulp's interface listens on this machine."""
    manager: Path
    """Program by which Pulp is administered."""
    metadata_port: int
    """Where Pulp's processes get a token for their bucket, on loopback."""
    compression: str
    """Of the metadata of rpm repositories."""


def load(file: Path = FILE) -> PackageSettings:
    """Reads the file that converge writes. Raises HostError."""
    try:
        content: Any = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise HostError(f"there is no {file}", "journalctl -u packyard-converge -e") from None
    except ValueError:
        raise HostError(f"{file} is no JSON", "journalctl -u packyard-converge -e") from None
    return parse(cast("dict[str, Any]", content))


def parse(content: dict[str, Any]) -> PackageSettings:
    """Records of the document, with what the role adds of this machine under `machine`. Raises HostError."""
    try:
        here = content["machine"]
        channel = next(entry for entry in content["channels"] if entry["channel"] == UPLOADED_TO)
        return PackageSettings(
            bucket=str(channel["bucket"]),
            repositories=tuple(
                _repository(entry) for entry in content["repositories"] if entry["channel"] == UPLOADED_TO
            ),
            database_fields_key_secret=str(content["databaseFieldsKeySecret"]),
            admin_password_secret=str(content["adminPasswordSecret"]),
            socket=Path(here["socket"]),
            manager=Path(here["manager"]),
            metadata_port=int(here["metadataPort"]),
            compression=str(content["pulp"]["rpmCompression"]),
        )
    except (KeyError, StopIteration, TypeError, ValueError) as error:
        raise HostError(f"{FILE} lacks {error}", "journalctl -u packyard-converge -e") from None


def _repository(entry: dict[str, Any]) -> Repository:
    return Repository(
        name=str(entry["name"]),
        format=str(entry["format"]),
        path=str(entry["basePath"]),
        codename=str(entry["codename"] or ""),
        architectures=tuple(str(name) for name in entry["architectures"]),
    )
