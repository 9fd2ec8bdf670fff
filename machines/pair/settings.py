"""What the host is told: the part of the machine document that belongs to the pair, as records.

Converge has held the document against its schema already; here a missing key is only a short message. Keys are the
document's own; PostgreSQL's and pgBackRest's are those of the programs.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from host.errors import HostError
from host.identity import WebRole

FILE = Path("/etc/packyard/pair.json")
UNITS = {"kB": 1 << 10, "KiB": 1 << 10, "MB": 1 << 20, "MiB": 1 << 20, "GB": 1 << 30, "GiB": 1 << 30, "TB": 1 << 40}
"""As PostgreSQL and pgBackRest count: all in powers of two."""


@dataclass(frozen=True)
class Repository:
    """A pgBackRest repository, as this host reaches it."""

    number: int
    """The N of repoN."""
    kind: str
    """"s3" or "gcs"."""
    bucket: str
    access: str
    """repoN-<kind>-key-type of this host."""
    cipher_secret: str
    """Name of the secret, in this host's own cloud, that holds the passphrase."""

    @property
    def is_own(self) -> bool:
        """Whether it is in the cloud of this host, whose identity does there."""
        return self.access == "auto"


@dataclass(frozen=True)
class WebIdentity(WebRole):
    """How pgBackRest on GCE becomes a role of AWS."""

    token_file: Path


@dataclass(frozen=True)
class Exchange:
    """SSM parameters in which the hosts lay out what the other may see."""

    region: str
    prefix: str
    public_key: str
    certificate_requests: str
    certificates: str
    authority: str


AUTHORITY = "authority.pem"
"""In the folder of the certificates: those of every authority that the host trusts."""


@dataclass(frozen=True)
class Certificates:
    """Certificates in place of passwords."""

    directory: Path
    kinds: tuple[str, ...]
    authority: str
    """Host that has the certificate authority."""
    days: int
    renew_days: int


@dataclass(frozen=True)
class Link:
    """The tunnel between the hosts."""

    address: str
    """Of this host, inside the tunnel."""
    peer_address: str
    peer_endpoint: str
    """Public address and port of the peer."""
    port: int
    mtu: int
    persistent_keepalive: int


@dataclass(frozen=True)
class Server:
    """PostgreSQL of this host: where it is, and as whom its programs run."""

    version: int
    port: int
    mount_point: Path
    data: Path
    """PGDATA."""
    initdb_options: tuple[str, ...]
    slot_cap: int
    """max_slot_wal_keep_size, bytes."""
    web_identity: WebIdentity | None
    """What pgBackRest below it needs to become a role of AWS; None where the host is of AWS itself."""

    @property
    def state(self) -> Path:
        """What outlives the boot disk."""
        return self.mount_point / "pair"

    @property
    def configuration(self) -> Path:
        """Folder of all PostgreSQL configuration; outside PGDATA, which pg_rewind and restore overwrite."""
        return Path(f"/etc/postgresql/{self.version}/main")

    @property
    def programs(self) -> Path:
        """Folder of PostgreSQL's programs."""
        return Path(f"/usr/lib/postgresql/{self.version}/bin")

    @property
    def unit(self) -> str:
        """systemd unit of PostgreSQL."""
        return f"postgresql@{self.version}-main.service"


@dataclass(frozen=True)
class PairSettings:
    """All of it."""

    host: str
    """This host: "pg-a" or "pg-b"."""
    peer: str
    primary: str
    """Host that is meant to be the primary; used once, by `create`."""
    hosts: tuple[tuple[str, str], ...]
    """Name and address inside the link of both hosts."""
    server: Server
    link: Link
    archive_queue_cap: int
    """archive-push-queue-max, bytes."""
    spool: Path
    stanza: str
    repositories: tuple[Repository, ...]
    heartbeat_seconds: int
    exchange: Exchange
    certificates: Certificates
    federation_audience: str | None
    """Workload identity pool provider, where this host reaches GCS with an identity of AWS."""

    @property
    def name(self) -> str:
        """The host as PostgreSQL takes it without quotes: its application_name, and its slot on the peer."""
        return self.host.replace("-", "_")

    @property
    def peer_name(self) -> str:
        """The peer as PostgreSQL takes it without quotes: its application_name, and its slot here."""
        return self.peer.replace("-", "_")


def load(path: Path = FILE) -> PairSettings:
    """Raises HostError."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HostError(f"{path}: {error}", "journalctl -u packyard-converge -e") from None
    return parse(content)


def parse(content: Any) -> PairSettings:
    """The records of a document. Raises HostError."""
    try:
        return _pair(_record(content))
    except KeyError as error:
        raise HostError(
            f"{FILE} has no {error}", "converge writes it anew: systemctl start packyard-converge"
        ) from None


def size(text: str) -> int:
    """Bytes of a size as PostgreSQL or pgBackRest takes it, such as 40GB."""
    match = re.fullmatch(r"(\d+)(kB|[KMG]iB|MB|GB|TB)", text)
    if match is None:
        raise HostError(f"{text!r} is no size such as 40GB")
    return int(match[1]) * UNITS[match[2]]


def _pair(document: dict[str, Any]) -> PairSettings:
    identity, postgresql, pgbackrest = document["identity"], document["postgresql"], document["pgbackrest"]
    options = pgbackrest["options"]
    return PairSettings(
        host=identity["host"],
        peer=identity["peer"],
        primary=document["primary"],
        hosts=tuple((entry["name"], entry["address"]) for entry in document["hosts"]),
        server=Server(
            version=document["postgresqlVersion"],
            port=postgresql["port"],
            mount_point=Path(document["mountPoint"]),
            data=Path(pgbackrest["pg1Path"]),
            initdb_options=tuple(document["initdbOptions"]),
            slot_cap=size(postgresql["max_slot_wal_keep_size"]),
            web_identity=_web_identity(identity["webIdentity"]),
        ),
        link=_link(identity, document["wireguard"]),
        archive_queue_cap=size(options["archive-push-queue-max"]),
        spool=Path(options["spool-path"]),
        stanza=pgbackrest["stanza"],
        repositories=_repositories(pgbackrest["repositories"], identity["repositories"]),
        heartbeat_seconds=document["heartbeatSeconds"],
        exchange=_exchange(document["exchange"]),
        certificates=_certificates(document["certificates"]),
        federation_audience=_record(identity.get("federation")).get("audience"),
    )


def _link(identity: dict[str, Any], tunnel: dict[str, Any]) -> Link:
    return Link(
        address=identity["wireguardAddress"],
        peer_address=identity["peerWireguardAddress"],
        peer_endpoint=identity["peerEndpoint"],
        port=tunnel["port"],
        mtu=tunnel["mtu"],
        persistent_keepalive=tunnel["persistentKeepalive"],
    )


def _repositories(descriptions: list[dict[str, Any]], own: list[dict[str, Any]]) -> tuple[Repository, ...]:
    return tuple(
        Repository(
            number=number,
            kind=description["type"],
            bucket=description[f"{description['type']}-bucket"],
            access=identity["access"],
            cipher_secret=identity["cipherSecret"],
        )
        for number, (description, identity) in enumerate(zip(descriptions, own, strict=True), start=1)
    )


def _exchange(part: dict[str, Any]) -> Exchange:
    return Exchange(
        region=part["region"],
        prefix=part["prefix"],
        public_key=part["publicKey"],
        certificate_requests=part["certificateRequests"],
        certificates=part["certificates"],
        authority=part["authority"],
    )


def _certificates(part: dict[str, Any]) -> Certificates:
    return Certificates(
        directory=Path(part["directory"]),
        kinds=tuple(part["kinds"]),
        authority=part["authority"],
        days=part["days"],
        renew_days=part["renewDays"],
    )


def _web_identity(part: dict[str, Any] | None) -> WebIdentity | None:
    if part is None:
        return None
    return WebIdentity(role_arn=part["roleArn"], audience=part["audience"], token_file=Path(part["tokenFile"]))


def _record(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
