"""Patterns of metric filters over events of JSON (CloudWatch Logs user guide, "Filter pattern syntax"), those in use.

`{ ($.a.b = "text") && ($.c IS FALSE) && (($.d = "x") || ($.d = "y")) }`: && binds before ||, as there.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lab.errors import LabError

TOKEN = re.compile(r'\s*(?:(\(|\)|&&|\|\|)|(\$(?:\.\w+)+)\s*(?:=\s*"([^"]*)"|IS (TRUE|FALSE)))')

Test = Callable[[Any], bool]


def event_pattern(pattern: str, where: str) -> Callable[[str], bool]:
    """Whether a line is an event that the pattern means. Raises LabError for a pattern of another form."""
    if not (pattern.startswith("{") and pattern.endswith("}")):
        raise LabError(f"{where}: the lab cannot read the pattern {pattern!r}")
    reader = _Reader(pattern[1:-1].strip(), where)
    test = reader.either()
    if reader.rest:
        raise LabError(f"{where}: the lab cannot read {reader.rest!r} in a pattern")
    return lambda line: _event(line) is not None and test(_event(line))


@dataclass
class _Reader:
    rest: str
    where: str
    comparison: tuple[str, ...] = field(default_factory=tuple[str, ...])

    def either(self) -> Test:
        parts = [self._both()]
        while self._next("||"):
            parts.append(self._both())
        return lambda event: any(part(event) for part in parts)

    def _both(self) -> Test:
        parts = [self._one()]
        while self._next("&&"):
            parts.append(self._one())
        return lambda event: all(part(event) for part in parts)

    def _one(self) -> Test:
        if self._next("("):
            test = self.either()
            if not self._next(")"):
                raise LabError(f"{self.where}: a parenthesis is open before {self.rest!r}")
            return test
        found = TOKEN.match(self.rest)
        if found is None or not found[2]:
            raise LabError(f"{self.where}: the lab cannot read {self.rest!r} in a pattern")
        self.rest = self.rest[found.end() :].lstrip()
        path, wanted = found[2].split(".")[1:], found[3] if found[4] is None else found[4] == "TRUE"
        return lambda event: _value(event, path) == wanted

    def _next(self, sign: str) -> bool:
        if not self.rest.startswith(sign):
            return False
        self.rest = self.rest[len(sign) :].lstrip()
        return True


def _event(line: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return None


def _value(event: Any, path: list[str]) -> Any:
    for name in path:
        event = event.get(name) if isinstance(event, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] -- JSON
    return event  # pyright: ignore[reportUnknownVariableType] -- JSON
