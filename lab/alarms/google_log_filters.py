"""Filters of log lines (Logging query language), as far as alarms use them: a log, and terms joined by AND."""

import json
import re
from dataclasses import dataclass
from typing import Any

from lab.errors import LabError

LOG = re.compile(r'log_id\("([^"]+)"\) AND (.+)')
TERM = re.compile(r'(?:([A-Za-z][\w.]*)(=~|=))?"([^"]+)"')


@dataclass(frozen=True)
class LogTerm:
    """One term: a phrase where there is no path, else a value or a pattern of a field."""

    path: str
    sign: str
    wanted: str

    def holds(self, line: str) -> bool:
        """Whether the line meets it. A field that is not there equals nothing."""
        if not self.path:
            return self.wanted in line
        value = _field(line, self.path)
        if value is None:
            return False
        return bool(re.search(self.wanted, value)) if self.sign == "=~" else value == self.wanted


@dataclass(frozen=True)
class LogFilter:
    """Lines of one log."""

    log: str
    terms: tuple[LogTerm, ...]

    def matches(self, line: str) -> bool:
        """Whether all terms hold."""
        return all(term.holds(line) for term in self.terms)


def log_filter(written: str, where: str) -> LogFilter:
    """Reads a filter. Raises LabError for one of another form."""
    found = LOG.fullmatch(written)
    terms = [TERM.fullmatch(part) for part in found[2].split(" AND ")] if found else []
    if found is None or not all(terms):
        raise LabError(f"{where}: the lab cannot read the filter {written!r} of a log")
    return LogFilter(found[1], tuple(LogTerm(term[1] or "", term[2] or "", term[3]) for term in terms if term))


def _field(line: str, path: str) -> str | None:
    try:
        value: Any = json.loads(line)
    except json.JSONDecodeError:
        return None
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] -- JSON
    return value if isinstance(value, str) else None
