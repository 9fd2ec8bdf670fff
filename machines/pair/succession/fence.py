"""Who may be the primary: the epoch, which rises with every promotion, and the token that each repository keeps.

Both repositories are read, and the highest epoch wins. A host is outranked when a token names another holder with an
epoch as high as its own or higher; two hosts that took one epoch in two halves of a cut world therefore both yield.
"""

import json
import threading
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from host import files
from host.errors import HostError

from pair import memory
from pair.repositories import pgbackrest
from pair.settings import PairSettings

PATH = "packyard/fence.json"
GRACE = 1.5
"""Seconds that the other repositories get once one has the token; the new primary's watch brings it to the rest."""


class Kind(StrEnum):
    """How a holder came by its epoch."""

    CREATION = "creation"
    PROMOTION = "promotion"
    SWITCHOVER = "switchover"
    """The old primary yields by itself, and follows the holder."""


@dataclass(frozen=True)
class Token:
    """What a repository says about who holds the highest epoch."""

    epoch: int
    holder: str
    kind: Kind
    timeline: int
    written: str
    """ISO 8601, UTC."""
    by: str

    def __str__(self) -> str:
        """As a person reads it."""
        return f"epoch {self.epoch}, held by {self.holder} ({self.kind}, timeline {self.timeline}, {self.written})"


@dataclass(frozen=True)
class Reading:
    """What one repository answered."""

    repository: int
    token: Token | None = None
    error: str = ""
    """Why it could not be read; empty where it answered, with or without a token."""

    @property
    def is_readable(self) -> bool:
        """Whether it answered."""
        return not self.error

    def __str__(self) -> str:
        """As a person reads it."""
        answer = f"cannot be read: {self.error}" if self.error else str(self.token or "no token")
        return f"repository {self.repository}: {answer}"


class Standing(StrEnum):
    """What the tokens say of this host."""

    FREE = "free"
    """Nothing speaks against it as primary."""
    OUTRANKED = "outranked"
    UNKNOWN = "unknown"
    """No repository could be read."""


def standing(host: str, epoch: int, readings: Sequence[Reading]) -> Standing:
    """Whether this host, with the epoch that it knows of itself, may be the primary."""
    if any(outranks(reading.token, host, epoch) for reading in readings):
        return Standing.OUTRANKED
    return Standing.FREE if any(reading.is_readable for reading in readings) else Standing.UNKNOWN


def outranks(token: Token | None, host: str, epoch: int) -> bool:
    """Whether a token speaks against a host with this epoch."""
    return token is not None and token.holder != host and token.epoch >= epoch


def highest(readings: Sequence[Reading]) -> Token | None:
    """The token with the highest epoch; None where there is none."""
    tokens = [reading.token for reading in readings if reading.token is not None]
    return max(tokens, key=lambda token: token.epoch, default=None)


def followed(host: str, epoch: int, readings: Sequence[Reading]) -> int:
    """The epoch that this host should know of itself: a token of its own may be newer than its file."""
    own = [reading.token.epoch for reading in readings if reading.token is not None and reading.token.holder == host]
    return max([epoch, *own])


def parse(text: bytes) -> Token:
    """A token as it lies in a repository. Raises HostError: a token that nobody understands may forbid anything."""
    try:
        content: Any = json.loads(text)
        fields = cast("dict[str, Any]", content)
        return Token(
            epoch=int(fields["epoch"]),
            holder=str(fields["holder"]),
            kind=Kind(fields["kind"]),
            timeline=int(fields["timeline"]),
            written=str(fields["written"]),
            by=str(fields["by"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise HostError(f"{PATH} is damaged ({type(error).__name__}: {error})") from None


def text_of(token: Token) -> bytes:
    """A token as it lies in a repository."""
    fields = {
        "epoch": token.epoch,
        "holder": token.holder,
        "kind": token.kind.value,
        "timeline": token.timeline,
        "written": token.written,
        "by": token.by,
    }
    return (json.dumps(fields, indent=2) + "\n").encode()


def new_token(settings: PairSettings, epoch: int, holder: str, kind: Kind, timeline: int, command: str) -> Token:
    """A token of this moment, written by a command of this host."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Token(epoch, holder, kind, timeline, now, by=f"pairctl {command} on {settings.host}")


def read(settings: PairSettings, timeout: float = pgbackrest.SHORT, grace: float | None = None) -> tuple[Reading, ...]:
    """The tokens of all repositories, read at once; takes `timeout` seconds at most.

    With `grace`, a repository that has not answered so many seconds after the first counts as one that cannot be read.
    """
    repositories = [repository.number for repository in settings.repositories]
    futures = {number: _read_in_background(settings, number, timeout) for number in repositories}
    if grace is not None:
        _wait_for_first(list(futures.values()))
    wait(futures.values(), timeout=grace)
    return _readings(futures, f"no answer within {grace} s after the other")


def write(
    settings: PairSettings,
    token: Token,
    doubtful: Collection[int] = (),
    timeout: float = pgbackrest.SHORT,
) -> tuple[Reading, ...]:
    """Writes a token to all repositories at once: as a reading, what is known of each after.

    Returns when all have it, or soon after the first has: one that is away must not hold up a promotion. For the
    `doubtful`, which could not be read a moment ago, nobody waits at all while there are others.
    """
    repositories = [repository.number for repository in settings.repositories]
    pool = ThreadPoolExecutor(max(len(repositories), 1))
    futures = {number: pool.submit(_write_one, settings, number, token, timeout) for number in repositories}
    awaited = [future for number, future in futures.items() if number not in doubtful] or list(futures.values())
    _wait_for_first(awaited)
    wait(awaited, timeout=GRACE)
    pool.shutdown(wait=False)
    return _readings(futures, "it has not answered yet; the watch of the primary brings the token once it can")


def unreadable(readings: Sequence[Reading]) -> frozenset[int]:
    """The repositories that could not be read."""
    return frozenset(reading.repository for reading in readings if not reading.is_readable)


def rewrite(settings: PairSettings, repository: int, token: Token) -> Reading:
    """Writes a token to one repository."""
    return _write_one(settings, repository, token, pgbackrest.SHORT)


def local_epoch(settings: PairSettings) -> int:
    """The epoch that this host knows of itself; 0 where it never was the primary, or lost its disk."""
    return read_epoch(memory.EPOCH.below(settings.server.state))


def read_epoch(path: Path) -> int:
    """The number in an epoch file. Raises HostError for one that is damaged."""
    try:
        return int(json.loads(path.read_text(encoding="utf-8"))["epoch"])
    except FileNotFoundError:
        return 0
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HostError(f"{path}: {error}", 'pairctl status shows the tokens; the file reads {"epoch": 3}') from None


def write_epoch(settings: PairSettings, epoch: int) -> None:
    """Records the epoch of this host, on the data disk."""
    files.write(memory.EPOCH.below(settings.server.state), json.dumps({"epoch": epoch}) + "\n")


def _read_in_background(settings: PairSettings, repository: int, timeout: float) -> Future[Reading]:
    """In a thread that no command waits for when it ends, as it would for those of a pool."""
    future: Future[Reading] = Future()

    def read_one() -> None:
        try:
            future.set_result(_read_one(settings, repository, timeout))
        except BaseException as error:
            future.set_exception(error)
            raise

    threading.Thread(target=read_one, daemon=True).start()
    return future


def _read_one(settings: PairSettings, repository: int, timeout: float) -> Reading:
    try:
        content = pgbackrest.repo_get(settings, repository, PATH, timeout)
        return Reading(repository, None if content is None else parse(content))
    except HostError as error:
        return Reading(repository, error=error.message)


def _write_one(settings: PairSettings, repository: int, token: Token, timeout: float) -> Reading:
    try:
        pgbackrest.repo_put(settings, repository, PATH, text_of(token), timeout)
    except HostError as error:
        return Reading(repository, error=error.message)
    return Reading(repository, token)


def _readings(futures: Mapping[int, Future[Reading]], slow: str) -> tuple[Reading, ...]:
    """What is known by now; `slow` is said of a repository that has not answered."""
    return tuple(
        future.result() if future.done() else Reading(number, error=slow) for number, future in futures.items()
    )


def _wait_for_first(futures: list[Future[Reading]]) -> None:
    """Until one repository has the token or all have failed."""
    pending = set(futures)
    while pending:
        done, pending = wait(pending, return_when="FIRST_COMPLETED")
        if any(future.result().is_readable for future in done):
            return
