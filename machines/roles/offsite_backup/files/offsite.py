#!/usr/bin/python3
"""Backups into the vault of the other cloud: gives restic an identity and a key, and notes what went well.

`offsite.py backup NAME` sends what /etc/packyard/offsite/NAME.json names; `check NAME` reads a part of it back. The
machine's identity token is traded for a role of AWS by restic itself, which reads the token file again when its session
ends; here the file is kept fresh. Nothing is ever forgotten or pruned from here: the role cannot, and that is an
operator's. Standard library and fetch.py alone.
"""

import argparse
import base64
import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fetch

FOLDER = Path("/etc/packyard/offsite")
METRICS = fetch.METRICS.parent
RESTIC = "/usr/bin/restic"
REFRESH_SECONDS = 1800
"""The token lives an hour."""

NO_REPOSITORY = 10
"""Exit status of restic since 0.17."""

SOME_UNREADABLE = 3
"""The snapshot is there, but some of its source could not be read."""


class OffsiteError(Exception):
    """Why there is no backup; one line."""


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
    """The settings of a backup. Raises OffsiteError."""
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
        raise OffsiteError(
            f"{path}: {type(error).__name__} {error}. HINT: journalctl -u packyard-converge -e"
        ) from None


def identity_token(audience: str) -> str:
    """A token of the metadata server that says who this machine is."""
    query = urllib.parse.urlencode({"audience": audience, "format": "full"})
    return fetch.Google().metadata(f"instance/service-accounts/default/identity?{query}").strip()


def password(secret: str) -> str:
    """The key of the repository, from Secret Manager of the machine's own project. Raises OffsiteError."""
    google = fetch.Google()
    project = google.metadata("project/project-id").strip()
    url = f"https://secretmanager.googleapis.com/v1/projects/{project}/secrets/{secret}/versions/latest:access"
    try:
        answer = json.loads(fetch.call(url, google.authorization()))
        text = base64.b64decode(answer["payload"]["data"], validate=True).decode().strip()
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        hint = f"openssl rand -base64 48 | gcloud secrets versions add {secret} --data-file=-"
        raise OffsiteError(f"the secret {secret} cannot be read: {error}. HINT: it may be empty: {hint}") from None
    if not text:
        raise OffsiteError(f"the secret {secret} is empty")
    return text


def write_private(path: Path, text: str) -> None:
    """Replaces a file that nobody else may read; a token with a line's end would be sent with it."""
    half = path.with_name(f".{path.name}.half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    half.replace(path)


@contextlib.contextmanager
def fresh_token(path: Path, audience: str, seconds: float = REFRESH_SECONDS) -> Generator[None]:
    """Keeps the token in a file fresh for as long as the block runs."""
    write_private(path, identity_token(audience))
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(seconds):
            try:
                write_private(path, identity_token(audience))
            except (OSError, http.client.HTTPException) as error:
                sys.stderr.write(f"offsite: the identity token is not renewed: {error}\n")

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        path.unlink(missing_ok=True)


class Restic:
    """restic on one repository."""

    def __init__(self, settings: Settings, runtime: Path, cache: Path) -> None:
        self._settings = settings
        self.password_file = runtime / "key"
        self.token_file = runtime / "token"
        self._environment = {
            "PATH": "/usr/bin:/bin",
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
        silence = subprocess.DEVNULL if quiet else None
        return subprocess.run(words, check=False, env=self._environment, stdout=silence).returncode  # noqa: S603 -- no shell

    def backup(self) -> None:
        """Sends a snapshot; the repository is made before the first. Raises OffsiteError."""
        settings = self._settings
        missing = [path for path in settings.paths if not Path(path).exists()]
        if missing:
            # restic passes over them, and ends well.
            raise OffsiteError(f"{', '.join(missing)} is not there")
        status = self.run("cat", "config", quiet=True)
        if status == NO_REPOSITORY:
            self._must("init")
        elif status != 0:
            raise OffsiteError(f"restic cannot open {settings.repository}: it ended with {status}")
        # Locks of clients that are dead; restic leaves those of the living.
        self._must("unlock", quiet=True)
        excludes = [f"--exclude={pattern}" for pattern in settings.excludes]
        status = self.run("backup", f"--host={settings.machine}", f"--tag={settings.name}", *excludes, *settings.paths)
        if status == SOME_UNREADABLE:
            raise OffsiteError("the snapshot lacks files that could not be read")
        if status != 0:
            raise OffsiteError(f"restic backup ended with {status}")

    def check(self) -> None:
        """Checks the structure of all and the data of a part. Raises OffsiteError."""
        self._must("unlock", quiet=True)
        self._must("check", f"--read-data-subset={self._settings.check_subset}")

    def _must(self, *arguments: str, quiet: bool = False) -> None:
        status = self.run(*arguments, quiet=quiet)
        if status != 0:
            raise OffsiteError(f"restic {arguments[0]} ended with {status}")


def note(settings: Settings, verb: str, *, good: bool, now: float) -> None:
    """Writes the metrics of a run; the time of the last good one survives a failure."""
    name = f"packyard_{settings.metric}" if verb == "backup" else f"packyard_{settings.metric}_check"
    path = METRICS / f"packyard_offsite_{verb}_{settings.name}.prom"
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    last = re.search(rf"^{name}_timestamp_seconds (\S+)$", before, re.MULTILINE)
    moment = now if good else float(last[1]) if last else 0.0
    text = (
        f"# TYPE {name}_failed gauge\n{name}_failed {int(not good)}\n"
        f"# HELP {name}_timestamp_seconds when the off-site {verb} last went well\n"
        f"# TYPE {name}_timestamp_seconds gauge\n{name}_timestamp_seconds {moment:.0f}\n"
    )
    fetch.write_whole(path, text, 0o644)


def run(settings: Settings, verb: str, runtime: Path, cache: Path) -> None:
    """One run. Raises OffsiteError, and OSError where no token can be had."""
    restic = Restic(settings, runtime, cache)
    write_private(restic.password_file, password(settings.password_secret))
    try:
        with fresh_token(restic.token_file, settings.audience):
            restic.backup() if verb == "backup" else restic.check()
    finally:
        restic.password_file.unlink(missing_ok=True)


def main(arguments: list[str]) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="offsite.py", description="Backups into the vault of the other cloud.")
    parser.add_argument("verb", choices=("backup", "check", "show"), help="show: where it would go")
    parser.add_argument("name", help="of the backup")
    options = parser.parse_args(arguments)
    try:
        settings = load(options.name)
    except OffsiteError as error:
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
    except (OffsiteError, OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"offsite: {error}\n")
    note(settings, options.verb, good=good, now=time.time())
    return int(not good)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
