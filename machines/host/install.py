"""`python3 -m host.install SOURCE TARGET`: a program of the bundle, installed as it is there and with nothing beside.

Says as JSON which files and folders differ, and with `--apply` puts it in place. Contents are compared, never times:
all files of a bundle have the same. The new folder is whole before it takes the place of the old one, so that a program
that starts meanwhile never sees half of each.
"""

import argparse
import json
import os
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

CACHE = "__pycache__"
"""What Python keeps beside the files; it is no part of a program."""
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def content(folder: Path) -> Mapping[str, bytes | None]:
    """What is in a folder, by its path below it: bytes of a file, None for a folder."""
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in _below(folder)}


def differences(source: Path, target: Path) -> list[str]:
    """Paths below the target that are not as they ought to be; `.` stands for the target itself."""
    wanted, present = content(source), content(target)
    differing = {path for path in {*wanted, *present} if wanted.get(path, b"") != present.get(path, b"")}
    differing |= set(wanted) ^ set(present)
    unsafe = {str(path.relative_to(target)) for path in (target, *_below(target)) if not _is_ours_alone(path)}
    return sorted(differing | unsafe)


def install(source: Path, target: Path) -> list[str]:
    """Puts the source in the place of the target; what differed before."""
    found = differences(source, target)
    if not found:
        return []
    half, old = (target.with_name(f".{target.name}.{end}") for end in ("half", "old"))
    for path in (half, old):
        shutil.rmtree(path, ignore_errors=True)
    _make(half)
    for name, data in content(source).items():
        if data is None:
            _make(half / name)
        else:
            (half / name).write_bytes(data)
            (half / name).chmod(0o644)
    if target.exists():
        target.rename(old)
    half.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    return found


def _make(folder: Path) -> None:
    """Whatever the umask is."""
    folder.mkdir(parents=True)
    folder.chmod(0o755)


def _below(folder: Path) -> Iterator[Path]:
    """Folders come before what is in them."""
    for path in sorted(folder.rglob("*")):
        if CACHE not in path.relative_to(folder).parts:
            yield path


def _is_ours_alone(path: Path) -> bool:
    """Whether nobody but this user can write there. What is not there is found elsewhere."""
    if not path.exists():
        return True
    found = path.lstat()
    return found.st_uid == os.geteuid() and not found.st_mode & OTHERS_WRITE


def main(arguments: list[str]) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="host.install", description="Installs a program of the bundle.")
    parser.add_argument("source", type=Path, help="folder of the bundle")
    parser.add_argument("target", type=Path, help="folder on the machine")
    parser.add_argument("--apply", action="store_true", help="do it, in place of saying what would be done")
    given = parser.parse_args(arguments)
    if not (given.source / "__init__.py").is_file():
        sys.stderr.write(f"{given.source} is no Python package. HINT: the name of a folder of the bundle\n")
        return 1
    act = install if given.apply else differences
    sys.stdout.write(json.dumps(act(given.source, given.target)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
