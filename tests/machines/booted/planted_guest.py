"""Runs on a machine as root: folders that others may write, links planted there by them, and what is where else.

`folders` says as JSON which user may write which folders. `plant` puts links into each of them, as that user. `state`
says as JSON the owner, mode and content of everything that is root's. Standard library alone.
"""

import contextlib
import grp
import hashlib
import json
import os
import pwd
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

CANARIES = Path("/root/canaries")
"""Where links lead: nobody but root can enter it."""

NO_PLACES = ("/proc", "/sys", "/dev/pts", "/run/host", "/run/systemd", "/run/credentials", "/root/canaries")

OF_THE_DATABASE = "/17/main/"
"""Below PGDATA, where a link that nobody knows ends every backup; those have tests of their own."""

KNOWN = (
    *("conf.d", "certificates", "current", "pending", "reload", "epoch", "yielded", "waiting", "since", "override"),
    *("standby.signal", "recovery.signal", "postgresql.auto.conf", "postgresql.conf", "pg_hba.conf", "environment"),
    *("pair", "pair-authority", "restore-drill", "node-exporter", "metrics", "packyard_converge.prom"),
)
"""Names that programs of root write, beside those of all that root writes on this machine."""

LINK = """
import contextlib, json, os, sys
count = 0
for target, place in json.load(sys.stdin):
    with contextlib.suppress(OSError):
        os.symlink(target, place)
        count += 1
print(count)
"""
"""Run as the user, with pairs of target and place."""

FOLDERS = ("/etc", str(CANARIES), "/usr/local", "/var/lib/packyard", "/var/lib/postgresql/pair", "/var/lib/postgresql")
"""What belongs to root and must stay as it is."""


def folders() -> Iterator[tuple[str, str]]:
    """User and folder, for each that another than root may write."""
    for place, names, _ in os.walk("/"):
        names[:] = [name for name in names if not f"{place.rstrip('/')}/{name}".startswith(NO_PLACES)]
        found = os.lstat(place)
        if found.st_uid and found.st_mode & stat.S_IWUSR:
            with contextlib.suppress(KeyError):
                yield pwd.getpwuid(found.st_uid).pw_name, place
        elif found.st_mode & stat.S_IWOTH:
            yield "postgres" if _is_user("postgres") else "prometheus", place
        elif found.st_mode & stat.S_IWGRP:
            yield from ((user, place) for user in _members(found.st_gid)[:1])


def _members(group: int) -> list[str]:
    """Users of a group but for root."""
    named: list[str] = []
    with contextlib.suppress(KeyError):
        named = grp.getgrgid(group).gr_mem
    return [user.pw_name for user in pwd.getpwall() if user.pw_uid and (user.pw_gid == group or user.pw_name in named)]


def _is_user(name: str) -> bool:
    return any(user.pw_name == name for user in pwd.getpwall())


def plant() -> int:
    """A link for each name that root might write, made by who may write there; how many there are."""
    places = ("/var/lib/packyard/metrics", "/var/lib/postgresql/pair")
    names = {*KNOWN, *(path.name for folder in places for path in _in(folder))}
    names |= {f".{name}.half" for name in names}
    wanted: dict[str, list[tuple[str, str]]] = {}
    for user, folder in folders():
        if OF_THE_DATABASE not in f"{folder}/":
            pairs = [(str(CANARIES / ("file" if "." in name else "folder")), f"{folder}/{name}") for name in names]
            wanted.setdefault(user, []).extend(pairs)
    count = 0
    for user, pairs in wanted.items():
        words = ["runuser", f"--user={user}", "--", sys.executable, "-c", LINK]
        done = subprocess.run(words, check=True, capture_output=True, text=True, input=json.dumps(pairs), timeout=300)
        count += int(done.stdout)
    return count


def _in(folder: str) -> Iterator[Path]:
    with contextlib.suppress(FileNotFoundError):
        yield from Path(folder).iterdir()


def state() -> dict[str, str]:
    """Owner, mode and content of everything that is root's, links as links."""
    found: dict[str, str] = {}
    for above in FOLDERS:
        for place, names, files in os.walk(above):
            if above == "/var/lib/postgresql":
                names[:] = [name for name in names if name == "pair-authority"]
            for path in (place, *(f"{place}/{file}" for file in files)):
                with contextlib.suppress(FileNotFoundError):
                    found[path] = _told(path)
    return found


def _told(path: str) -> str:
    there = os.lstat(path)
    content = ""
    if stat.S_ISREG(there.st_mode):
        content = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    elif stat.S_ISLNK(there.st_mode):
        content = str(Path(path).readlink())
    return f"{there.st_uid}:{there.st_gid} {stat.S_IMODE(there.st_mode):o} {content}"


if __name__ == "__main__":
    word = sys.argv[1]
    answer = {"folders": lambda: sorted(folders()), "plant": plant, "state": state}[word]()
    sys.stdout.write(json.dumps(answer))
