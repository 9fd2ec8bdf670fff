"""The Pulumi CLI: one on PATH of a fitting version, or one that `make pulumi` built from the Go module proxy."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

BUILT_VERSION = "3.259.0"
"""What rehearsal/pulumi_cli/go.mod pins; the newest that the Go module proxy has."""

OLDEST = (3, 259, 0)
"""`requiredPulumiVersion` in Pulumi.yaml."""

NEWEST_MAJOR = 3
"""A new major version may change the protocol that the language host and the providers speak."""

ANSWER_SECONDS = 60
"""A CLI that has not said its version by then will not."""


class CliError(Exception):
    """No CLI, or one of the wrong version; the text says what to install."""


@dataclass(frozen=True)
class PulumiCli:
    """A usable CLI."""

    path: Path
    version: str
    has_python_host: bool
    """Whether the official language host lies beside it; otherwise ours is attached."""


def cache_dir() -> Path:
    """Where costly things are kept, outside the work tree: `PACKYARD_CACHE`, or `packyard` in the user's cache."""
    own = os.environ.get("PACKYARD_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "packyard"


def built_path() -> Path:
    """Where `make pulumi` puts the CLI."""
    return cache_dir() / f"pulumi-{BUILT_VERSION}" / "pulumi"


def find_cli() -> PulumiCli:
    """The CLI to use; a built one stands in for one on PATH that does not fit. Raises CliError."""
    found, built = shutil.which("pulumi"), built_path()
    if found is None and not built.is_file():
        raise CliError(
            f"no Pulumi CLI. HINT: install {BUILT_VERSION} or newer, or run `make pulumi` (Go, about 5 minutes, once)"
        )
    if found is not None:
        try:
            version = _fitting_version(Path(found))
            return PulumiCli(Path(found), version, shutil.which("pulumi-language-python") is not None)
        except CliError:
            if not built.is_file():
                raise
    return PulumiCli(built, _fitting_version(built), has_python_host=False)


def _fitting_version(path: Path) -> str:
    version = _version(path)
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version)
    if match is None:
        raise CliError(
            f"{path} says that its version is {version!r}. HINT: install {BUILT_VERSION} or newer, or run `make pulumi`"
        )
    numbers = tuple(int(part) for part in match.groups())
    if numbers < OLDEST:
        raise CliError(f"{path} is {version}, too old. HINT: install {BUILT_VERSION} or newer, or run `make pulumi`")
    if numbers[0] > NEWEST_MAJOR:
        raise CliError(f"{path} is {version}, newer than version {NEWEST_MAJOR}, which was proven. HINT: `make pulumi`")
    return version


def _version(path: Path) -> str:
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        finished = subprocess.run(  # noqa: S603 -- the CLI
            [path, "version"], env=environment, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CliError(f"{path} cannot be run ({error}). HINT: install {BUILT_VERSION}, or run `make pulumi`") from None
    return finished.stdout.strip()
