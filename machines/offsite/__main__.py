"""`offsite backup NAME`, `offsite check NAME`, `offsite show NAME`: backups into the vault of the other cloud.

`backup` sends what /etc/packyard/offsite/NAME.json names, `check` reads a part of it back, `show` says where it would
go. The machine's identity token is traded for a role of AWS by restic itself, which reads the token file again when its
session ends; here the file is kept fresh. Nothing is ever forgotten or pruned from here: the role cannot, and that is
an operator's.
"""

import argparse
import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host import files, metrics, programs
from host.errors import HostError
from host.identity import google_identity_token
from host.metrics import Sample
from host.secrets import google_secret, one_line

FOLDER = Path("/etc/packyard/offsite")
RESTIC = "/usr/bin/restic"
TIMEOUT = 24 * 3600
"""Seconds for one command of it."""
REFRESH_SECONDS = 1800
"""The token lives an hour."""

NO_REPOSITORY = 10
"""Exit status of restic since 0.17."""

SOME_UNREADABLE = 3
"""The snapshot is there, but some of its source could not be read."""


@dataclass(frozen=True)
class Settings:
    """What one backup is told."""

    name: str
    machine: str
    bucket: str
    region: str
    prefix: str
    role_arn: str
    audience: str
    password_secret: str
    paths: tuple[str, ...]
    excludes: tuple[str, ...]
    check_subset: str
    metric: str

    @property
    def repository(self) -> str:
        """As restic takes it."""
        return f"s3:https://s3.{self.region}.amazonaws.com/{self.bucket}/{self.prefix}"


def load(name: str) -> Settings:
    """The settings of a backup. Raises HostError."""
    path = FOLDER / f"{name}.json"
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        place = content["place"]
        return Settings(
            name=name,
            machine=content["machine"],
            bucket=place["bucket"],
            region=place["region"],
            prefix=place["prefix"],
            role_arn=place["roleArn"],
            audience=place["audience"],
            password_secret=content["passwordSecret"],
            paths=tuple(content["paths"]),
            excludes=tuple(content["excludes"]),
            check_subset=content["checkSubset"],
            metric=content["metric"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HostError(f"{path}: {type(error).__name__} {error}", "journalctl -u packyard-converge -e") from None


@contextlib.contextmanager
def fresh_token(path: Path, audience: str, seconds: float = REFRESH_SECONDS) -> Generator[None]:
    """Keeps the token in a file fresh for as long as the block runs."""
    files.write(path, google_identity_token(audience))
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(seconds):
            try:
                files.write(path, google_identity_token(audience))
            except (OSError, HostError) as error:
                sys.stderr.write(f"offsite: the identity token is not renewed: {error}\n")

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        files.remove(path)


class Restic:
    """restic on one repository."""

    def __init__(self, settings: Settings, runtime: Path, cache: Path) -> None:
        self._settings = settings
        self.password_file = runtime / "key"
        self.token_file = runtime / "token"
        self._environment = {
            "HOME": str(cache),
            "AWS_ROLE_ARN": settings.role_arn,
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(self.token_file),
            "AWS_DEFAULT_REGION": settings.region,
            "RESTIC_CACHE_DIR": str(cache),
            "RESTIC_PASSWORD_FILE": str(self.password_file),
            "RESTIC_REPOSITORY": settings.repository,
            "RESTIC_PROGRESS_FPS": "0.01",
        }

    def run(self, *arguments: str, quiet: bool = False) -> int:
        """The exit status of one command; its words go to the journal."""
        words = [RESTIC, "--retry-lock=10m", *arguments]
        finished = programs.run(
            words, timeout=TIMEOUT, environment=self._environment, accepted=range(256), shown=not quiet
        )
        return finished.status

    def backup(self) -> None:
        """Sends a snapshot; the repository is made before the first. Raises HostError."""
        settings = self._settings
        missing = [path for path in settings.paths if not Path(path).exists()]
        if missing:
            # restic passes over them, and ends well.
            raise HostError(f"{', '.join(missing)} is not there")
        status = self.run("cat", "config", quiet=True)
        if status == NO_REPOSITORY:
            self._must("init")
        elif status != 0:
            raise HostError(f"restic cannot open {settings.repository}: it ended with {status}")
        # Locks of clients that are dead; restic leaves those of the living.
        self._must("unlock", quiet=True)
        excludes = [f"--exclude={pattern}" for pattern in settings.excludes]
        status = self.run("backup", f"--host={settings.machine}", f"--tag={settings.name}", *excludes, *settings.paths)
        if status == SOME_UNREADABLE:
            raise HostError("the snapshot lacks files that could not be read")
        if status != 0:
            raise HostError(f"restic backup ended with {status}")

    def check(self) -> None:
        """Checks the structure of all and the data of a part. Raises HostError."""
        self._must("unlock", quiet=True)
        self._must("check", f"--read-data-subset={self._settings.check_subset}")

    def _must(self, *arguments: str, quiet: bool = False) -> None:
        status = self.run(*arguments, quiet=quiet)
        if status != 0:
            raise HostError(f"restic {arguments[0]} ended with {status}")


def note(settings: Settings, verb: str, *, good: bool, now: float) -> None:
    """Writes the metrics of a run; the time of the last good one survives a failure."""
    file = f"packyard_offsite_{verb}_{settings.name}"
    name = settings.metric if verb == "backup" else f"{settings.metric}_check"
    failed, last_good = f"{name}_failed", f"{name}_timestamp_seconds"
    moment = now if good else metrics.read(file).get((last_good, None), 0.0)
    helps = {
        failed: f"whether the last off-site {verb} failed",
        last_good: f"when the off-site {verb} last went well",
    }
    metrics.write(file, (Sample(failed, int(not good)), Sample(last_good, moment)), helps)


def run(settings: Settings, verb: str, runtime: Path, cache: Path) -> None:
    """One run. Raises HostError."""
    restic = Restic(settings, runtime, cache)
    secret = settings.password_secret
    files.write(restic.password_file, one_line(secret, google_secret(secret)))
    try:
        with fresh_token(restic.token_file, settings.audience):
            restic.backup() if verb == "backup" else restic.check()
    finally:
        files.remove(restic.password_file)


def main(arguments: list[str]) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="offsite", description="Backups into the vault of the other cloud.")
    parser.add_argument("verb", choices=("backup", "check", "show"), help="show: where it would go")
    parser.add_argument("name", help="of the backup")
    options = parser.parse_args(arguments)
    try:
        settings = load(options.name)
    except HostError as error:
        sys.stderr.write(f"offsite: {error}\n")
        return 1
    if options.verb == "show":
        sys.stdout.write(f"{', '.join(settings.paths)} to {settings.repository}\n")
        return 0
    good = False
    try:
        run(settings, options.verb, Path(os.environ["RUNTIME_DIRECTORY"]), Path(os.environ["CACHE_DIRECTORY"]))
        good = True
    except KeyError as error:
        sys.stderr.write(f"offsite: {error} is not set. HINT: systemctl start offsite-{options.verb}-{options.name}\n")
    except (HostError, OSError) as error:
        sys.stderr.write(f"offsite: {error}\n")
    note(settings, options.verb, good=good, now=time.time())
    return int(not good)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
