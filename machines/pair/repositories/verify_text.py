"""The text of `pgbackrest verify --verbose --output=text`, as pgBackRest 2.55 writes it.

Its exit status is 0 on damage too. "status: ok" stands above a backup whose manifest is gone, and says nothing of
missing WAL (archive_gaps.py finds that). So every line is held against the few that a sound repository gives, and one
that is not known counts as a fault.
"""

import re
from collections.abc import Iterator, Set

STANZA = re.compile(r"stanza: \S+")
ARCHIVE = re.compile(r"archiveId: (\S+), total WAL checked: (\d+), total valid WAL: (\d+)")
BACKUP = re.compile(r"backup: (\S+), status: ([a-z -]+), total files checked: (\d+), total valid files: (\d+)")
COUNTS = re.compile(r"missing: (\d+), checksum invalid: (\d+), size invalid: (\d+), other: (\d+)")
UNFINISHED = ("in-progress", "manifest missing")
"""Of what lies beside the backups that `info` knows: one that is being made, or was given up."""


def faults(text: str, expected: Set[str]) -> tuple[str, ...]:
    """What speaks against the repository; `expected` are the labels of the backups that must be found valid."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = [*_line_faults(lines, expected)]
    checked = {match[1] for line in lines if (match := BACKUP.fullmatch(line)) is not None}
    found += [f"backup {label} was not checked" for label in sorted(expected - checked)]
    if "status: ok" not in lines and not any(line.startswith("status: ") for line in lines):
        found.append("it gave no status")
    if not any(ARCHIVE.fullmatch(line) for line in lines):
        found.append("no WAL was checked")
    return tuple(found)


def _line_faults(lines: list[str], expected: Set[str]) -> Iterator[str]:
    for line in lines:
        if line == "status: ok" or STANZA.fullmatch(line):
            continue
        if (backup := BACKUP.fullmatch(line)) is not None:
            label, status, checked, valid = backup.groups()
            is_sound = status == "valid" and checked == valid and int(checked) > 0
            if not is_sound and (label in expected or status not in UNFINISHED):
                yield f"backup {label} is {status}: {valid} of {checked} files are sound"
        elif (archive := ARCHIVE.fullmatch(line)) is not None:
            if archive[2] != archive[3]:
                yield f"archive {archive[1]}: {archive[3]} of {archive[2]} WAL segments are sound"
        elif (counts := COUNTS.fullmatch(line)) is not None:
            if any(int(count) for count in counts.groups()):
                yield line
        else:
            yield line
