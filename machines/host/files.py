"""Files written by root: whole, for good, and never readable by others even for a moment.

This is the one writer of the programs on a machine. fetch.py alone has its own, since it comes before any bundle. It
refuses a folder that another user may write, since a link there would lead root elsewhere; what belongs in such a
folder is written by that user: `python3 -m host.files PATH MODE` takes the text from its input.
"""

import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

from host.errors import HostError

ROOT = "root"
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def require_own(folder: Path) -> None:
    """Refuses a folder in which another may put a link in the place of a file, or in the place of a folder above it.

    Raises HostError. A folder that is not there yet is judged by those above it.
    """
    for place in (*_above(folder), *_above(folder.resolve())):
        try:
            found = place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        # In a folder such as /tmp nobody renames what is another's.
        is_shared = bool(found.st_mode & stat.S_ISVTX) and place not in (folder, folder.resolve())
        is_open = bool(found.st_mode & OTHERS_WRITE) and not is_shared and not stat.S_ISLNK(found.st_mode)
        if found.st_uid not in (0, os.geteuid()) or is_open:
            raise HostError(
                f"{folder} is no place for files of this user: others may write {place}",
                f"ls -ld {place}; systemctl start packyard-converge takes it back where it ought to be root's",
            )


def write(path: Path, text: str, mode: int = 0o600, *, owner: str = ROOT, group: str = ROOT) -> bool:
    """Replaces a file where its content would change; whether it did. Makes its folder, which everybody may enter.

    Raises HostError where another may write there.
    """
    require_own(path.parent)
    if text_of(path) == text:
        return False
    if not path.parent.is_dir():
        path.parent.mkdir(mode=0o700, parents=True)
        path.parent.chmod(0o755)
    replace(path, text, mode, owner=owner, group=group)
    return True


def replace(path: Path, text: str, mode: int = 0o600, *, owner: str | None = ROOT, group: str = ROOT) -> None:
    """Replaces a file at once: it must be there after a power cut, and whole. Raises HostError as `write` does.

    With no owner it belongs to whoever runs this.
    """
    require_own(path.parent)
    # Made with mode 0600, and under a name that no reader of the folder takes for a configuration file.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".half", dir=path.parent)
    half = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if owner is not None:
            shutil.chown(half, owner, group)
        half.chmod(mode)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    sync_folder(path.parent)


def text_of(path: Path) -> str | None:
    """The content of a file; None where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None


def make_folder(path: Path, *, owner: str = ROOT, group: str = ROOT, mode: int = 0o700) -> None:
    """A folder in one of root's; one that is there stays as it is. Raises HostError where another may write there."""
    if not path.is_dir():
        require_own(path.parent)
        path.mkdir(mode=0o700, parents=True)
        shutil.chown(path, owner, group)
        # Whatever the umask is: services have one that lets nobody in.
        path.chmod(mode)


def link(path: Path, target: Path) -> None:
    """A link in the place of whatever had its name, at once. Raises HostError where another may write there."""
    require_own(path.parent)
    half = path.with_name(f".{path.name}.half")
    half.unlink(missing_ok=True)
    half.symlink_to(target)
    half.replace(path)
    sync_folder(path.parent)


def remove(path: Path) -> None:
    """Removes a file, a link or a whole folder, if it is there. Raises HostError where another may write there."""
    require_own(path.parent)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sync_folder(path: Path) -> None:
    """Makes a new name in a folder survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _above(folder: Path) -> tuple[Path, ...]:
    return (folder, *folder.parents)


def main(arguments: list[str]) -> int:
    """Writes a file as whoever runs this."""
    path, mode = arguments
    try:
        replace(Path(path), sys.stdin.read(), int(mode, 8), owner=None)
    except (HostError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
