"""`python3 -m host.taken FOLDER ...`: folders that root works in, taken back from whoever owns them or parts of them.

A folder that is root's already stays as it is, with all that is in it. Says as JSON what is not, and with `--apply`
makes it so: every folder below becomes root's as well, and a link of another that leads elsewhere is removed, as is
what is neither file nor folder. Files stay their owner's, since nobody can put another in their place then. It goes by
descriptors and never through a link, a folder before what is in it: whoever owned it can change nothing behind its
back.
"""

import argparse
import grp
import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY


def taken(folder: Path, group: int, *, apply: bool) -> list[str]:
    """Paths that were not as they ought to be. Raises OSError for a folder that is a link."""
    try:
        descriptor = os.open(folder, FOLDER)
    except FileNotFoundError:
        return []
    try:
        if _is_own(os.fstat(descriptor)):
            return []
        return [str(folder / name) for name in _below(descriptor, PurePath(), group, apply=apply)]
    finally:
        os.close(descriptor)


def _below(descriptor: int, name: PurePath, group: int, *, apply: bool) -> Iterator[PurePath]:
    found = os.fstat(descriptor)
    if not _is_own(found):
        yield name
        if apply:
            os.fchown(descriptor, os.geteuid(), group)
            os.fchmod(descriptor, _closed(found.st_mode))
    for entry in sorted(os.listdir(descriptor)):
        there = os.stat(entry, dir_fd=descriptor, follow_symlinks=False)
        if stat.S_ISDIR(there.st_mode):
            inner = os.open(entry, FOLDER, dir_fd=descriptor)
            try:
                yield from _below(inner, name / entry, group, apply=apply)
            finally:
                os.close(inner)
        elif not stat.S_ISREG(there.st_mode) and there.st_uid != os.geteuid():
            if stat.S_ISLNK(there.st_mode) and _stays(os.readlink(entry, dir_fd=descriptor)):
                continue
            yield name / entry
            if apply:
                os.unlink(entry, dir_fd=descriptor)


def _is_own(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & OTHERS_WRITE


def _closed(mode: int) -> int:
    """Nobody but the owner writes, and the group reads what the owner read before."""
    return (mode & 0o755) | ((mode & 0o500) >> 3)


def _stays(target: str) -> bool:
    """Whether a link leads to something beside it or below."""
    return not target.startswith("/") and ".." not in PurePath(target).parts


def main(arguments: list[str]) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="host.taken", description="Takes folders back for root.")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--group", help="who may read there; the own group if left out")
    parser.add_argument("--apply", action="store_true", help="do it, in place of saying what would be done")
    given = parser.parse_args(arguments)
    try:
        group = grp.getgrnam(given.group).gr_gid if given.group else os.getegid()
        found = [path for folder in given.folders for path in taken(folder, group, apply=given.apply)]
    except OSError as error:
        sys.stderr.write(f"{error.filename}: {error.strerror}. HINT: ls -la {error.filename}\n")
        return 1
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
