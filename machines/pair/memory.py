"""Every file by which a host remembers something beyond one run: who writes it, who clears it, what it means at boot.

README.md shows this list, and nobody else names these files.
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

PERSON = "a person"
NOBODY = "nobody"


class Folder(Enum):
    """Where a file lies, and with what it is lost."""

    STATE = "state"
    """`pair` on the data disk."""
    DATA = "PGDATA"
    """On the data disk; rewind and restore overwrite it."""
    DATA_DISK = "data disk"
    CONFIGURATION = "conf.d"
    """Of PostgreSQL, on the boot disk."""
    CERTIFICATES = "certificates"
    """On the boot disk."""
    WIREGUARD = "/etc/wireguard"
    PGBACKREST = "/etc/pgbackrest/conf.d"
    METRICS = "/var/lib/packyard/metrics"
    RUN = "/run"
    """In memory: gone at boot."""


@dataclass(frozen=True)
class Memory:
    """A file, or a folder whose name ends in a slash."""

    folder: Folder
    name: str
    """With `*` for what differs."""
    says: str
    writers: tuple[str, ...]
    """Words of pairctl; programs and people that are none."""
    clearers: tuple[str, ...]
    at_boot: str

    def below(self, folder: Path, which: str = "") -> Path:
        """Its path; `which` takes the place of `*`."""
        return folder / self.name.replace("*", which)


EPOCH = Memory(
    Folder.STATE,
    "epoch",
    "the epoch that this host knows of itself",
    writers=("create", "promote", "switchover", "rejoin", "guard", "watch"),
    clearers=(NOBODY,),
    at_boot="held against the tokens of the repositories; a token of this host's own that is newer takes its place",
)
CREATING = Memory(
    Folder.STATE,
    "creating",
    "PGDATA is half of a pair that is being made",
    writers=("create",),
    clearers=("create", "promote", "switchover"),
    at_boot="create goes on where it was",
)
REBUILD = Memory(
    Folder.STATE,
    "rebuild",
    "PGDATA is half of a rewind, which is no database",
    writers=("rejoin",),
    clearers=("rejoin", "create"),
    at_boot="nothing by itself; rejoin restores in place of rewinding again",
)
YIELDED = Memory(
    Folder.STATE,
    "yielded",
    "the epoch to which the watch stopped PostgreSQL for a switchover",
    writers=("watch",),
    clearers=("watch", "rejoin", "create"),
    at_boot="the watch becomes the standby of the new primary, or goes on where the switchover was taken back",
)
WAITING = Memory(
    Folder.STATE,
    "waiting",
    "a start was refused because nobody could be asked who the primary is",
    writers=("guard",),
    clearers=("guard",),
    at_boot="the watch starts PostgreSQL once a repository answers that this host may",
)
OVERRIDE = Memory(
    Folder.STATE,
    "override",
    "a person's reason why this host may be the primary though nobody can be asked",
    writers=(PERSON,),
    clearers=("guard",),
    at_boot="good for one start, and only where no repository and no peer answers",
)
SINCE = Memory(
    Folder.STATE,
    "since",
    "when this host first wrote its metrics",
    writers=("metrics",),
    clearers=(NOBODY,),
    at_boot="what never happened counts from then",
)
KNOWN = Memory(
    Folder.STATE,
    "known",
    "the peer's key, the authorities that are trusted, and which of them nobody agreed to",
    writers=("exchange", "trust"),
    clearers=(NOBODY,),
    at_boot="what is laid out is held against it",
)
DIVERGED = Memory(
    Folder.STATE,
    "diverged-*/",
    "WAL that only this host had before it was rewound or restored",
    writers=("rejoin",),
    clearers=(PERSON,),
    at_boot="nothing",
)
ALONE = Memory(
    Folder.CONFIGURATION,
    "20-alone.conf",
    "commits of this primary wait for no standby",
    writers=("alone", "create", "promote", "switchover"),
    clearers=("watch", "rejoin", "create"),
    at_boot="PostgreSQL starts so; the watch ends it once the standby has caught up",
)
STANDBY_SIGNAL = Memory(
    Folder.DATA,
    "standby.signal",
    "PostgreSQL starts as a standby",
    writers=("rejoin", "create", "watch"),
    clearers=("PostgreSQL",),
    at_boot="the guard lets a standby start whatever the tokens say",
)
SCRATCH = Memory(
    Folder.DATA_DISK,
    "drill/restore-drill/",
    "the copy of a restore drill",
    writers=("drill",),
    clearers=("drill",),
    at_boot="lies there until the next drill, which removes it first",
)
AUTHORITY = Memory(
    Folder.DATA_DISK,
    "pair-authority/",
    "keys and certificates of the authority, on the host that the document names",
    writers=("exchange",),
    clearers=(NOBODY,),
    at_boot="it goes on signing with them",
)
GENERATION = Memory(
    Folder.CERTIFICATES,
    "generation-*/",
    "keys and certificates, of which `current` names those in use",
    writers=("exchange",),
    clearers=("exchange",),
    at_boot="PostgreSQL reads them",
)
PENDING = Memory(
    Folder.CERTIFICATES,
    "pending/",
    "keys that wait for their certificates",
    writers=("exchange",),
    clearers=("exchange",),
    at_boot="the exchange asks for these again, and makes no others",
)
RELOAD = Memory(
    Folder.CERTIFICATES,
    "reload",
    "PostgreSQL has yet to read the certificates in use",
    writers=("exchange",),
    clearers=("exchange",),
    at_boot="PostgreSQL has read them; the next exchange clears it",
)
WIREGUARD_KEY = Memory(
    Folder.WIREGUARD,
    "packyard.key",
    "the private key of this end of the tunnel",
    writers=("exchange", "converge"),
    clearers=(NOBODY,),
    at_boot="a new boot disk has a new one; the peer takes it in, and signs nothing for it before a person has agreed",
)
WIREGUARD_PEER = Memory(
    Folder.WIREGUARD,
    "packyard.conf",
    "this end, by converge, and the peer's key, by the exchange",
    writers=("exchange", "converge"),
    clearers=(NOBODY,),
    at_boot="the tunnel comes up with the last peer that was known",
)
CREDENTIALS = Memory(
    Folder.PGBACKREST,
    "repo*.conf",
    "passphrase of a repository, and the token where one is needed",
    writers=("secrets", "backup", "drill", "verify"),
    clearers=(NOBODY,),
    at_boot="the token has ended, and secrets brings a new one before PostgreSQL starts",
)
PROOFS = Memory(
    Folder.METRICS,
    "packyard_database_*.prom",
    "last results and times of metrics, watch, verify and drill, which a failure keeps",
    writers=("metrics", "watch", "verify", "drill"),
    clearers=(NOBODY,),
    at_boot="ages go on growing; a new boot disk counts from `since`",
)
LOCK = Memory(
    Folder.RUN,
    "packyard-pair.lock",
    "who changes roles or restarts PostgreSQL now",
    writers=(
        "alone",
        "create",
        "exchange",
        "promote",
        "rejoin",
        "reload",
        "restart",
        "switchover",
        "watch",
        "converge",
    ),
    clearers=("the kernel, with the process",),
    at_boot="free",
)
EXCHANGE_LOCK = Memory(
    Folder.RUN,
    "packyard-exchange.lock",
    "a round of the exchange runs, or a person agrees to a key",
    writers=("exchange", "trust"),
    clearers=("the kernel, with the process",),
    at_boot="free",
)
DRILL_LOCK = Memory(
    Folder.RUN,
    "packyard-drill.lock",
    "a restore drill runs",
    writers=("drill",),
    clearers=("the kernel, with the process",),
    at_boot="free",
)
IN_USE_LOCK = Memory(
    Folder.RUN,
    "packyard-pgbackrest.lock",
    "jobs run for which pgBackRest must stay as it is, or it is upgraded",
    writers=("backup", "create", "drill", "settle", "verify", "converge"),
    clearers=("the kernel, with the process",),
    at_boot="free",
)
AWAY = Memory(
    Folder.RUN,
    "pgbackrest/repo*-away",
    "when a repository last did not answer a restore_command",
    writers=("pair-archive-get",),
    clearers=(NOBODY,),
    at_boot="every repository is asked again, as after half a minute",
)

ALL = (
    *(EPOCH, CREATING, REBUILD, YIELDED, WAITING, OVERRIDE, SINCE, KNOWN, DIVERGED),
    *(ALONE, STANDBY_SIGNAL, SCRATCH, AUTHORITY, GENERATION, PENDING, RELOAD),
    *(WIREGUARD_KEY, WIREGUARD_PEER, CREDENTIALS, PROOFS, LOCK, EXCHANGE_LOCK, DRILL_LOCK),
    *(IN_USE_LOCK, AWAY),
)
