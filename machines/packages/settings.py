"""What the machine is told: the part of its document that belongs to the package server, as records.

Converge has held the document against its schema already; here a missing key is only a short message.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from host.errors import HostError

FILE = Path("/etc/packyard/packages.json")
UPLOADED_TO, RELEASED_TO = "preRelease", "release"
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
class Key:
    """A key that signs."""

    secret: str
    """Of Secret Manager, with the private half."""
    fingerprint: str


@dataclass(frozen=True)
class PackageSettings:
    """All that packagectl needs of the document."""

    bucket: str
    """Where Pulp keeps what was uploaded."""
    release_bucket: str
    """Where released files lie, under the paths of their addresses."""
    public_host: str
    """Where the world reads them."""
    pre_releases: str
    """Path of pre-releases on the upload host."""
    metadata_key: Key
    repositories: tuple[Repository, ...]
    database_fields_key_secret: str
    admin_password_secret: str
    socket: Path
    """Where Pulp's interface listens on this machine."""
    content_socket: Path
    """Where it serves what was uploaded."""
    manager: Path
    """Program by which Pulp is administered."""
    metadata_port: int
    """Where Pulp's processes get a token for their bucket, on loopback."""
    compression: str
    """Of the metadata of rpm repositories."""
    autopublish: bool
    """Whether each upload publishes by itself."""


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
        channels = {str(entry["channel"]): entry for entry in content["channels"]}
        (key,) = (entry for entry in content["signingKeys"] if entry["purpose"] == "metadata")
        return PackageSettings(
            bucket=str(channels[UPLOADED_TO]["bucket"]),
            release_bucket=str(channels[RELEASED_TO]["bucket"]),
            public_host=str(content["publicHost"]),
            pre_releases=str(channels[UPLOADED_TO]["urlPrefix"]),
            metadata_key=Key(str(key["secret"]), str(key["fingerprint"])),
            repositories=tuple(_repository(entry) for entry in content["repositories"]),
            database_fields_key_secret=str(content["databaseFieldsKeySecret"]),
            admin_password_secret=str(content["adminPasswordSecret"]),
            socket=Path(here["socket"]),
            content_socket=Path(here["contentSocket"]),
            manager=Path(here["manager"]),
            metadata_port=int(here["metadataPort"]),
            compression=str(content["pulp"]["rpmCompression"]),
            autopublish=bool(content["pulp"]["autopublish"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise HostError(f"{FILE} lacks {error}", "journalctl -u packyard-converge -e") from None


def _repository(entry: dict[str, Any]) -> Repository:
    return Repository(
        name=str(entry["name"]),
        format=str(entry["format"]),
        path=str(entry["basePath"]),
        codename=str(entry["codename"] or ""),
        architectures=tuple(str(name) for name in entry["architectures"]),
    )
