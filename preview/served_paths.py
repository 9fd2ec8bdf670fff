"""What the load balancers answer on each path, so that a change of routes shows as paths and not as rules."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from capture import Capture, Value
from policies.values import at, mapping, number, records, text, texts

URL_MAP = "gcp:compute/uRLMap:URLMap"

ROUTES = re.compile(r"(pathMatchers|tests)\b")
"""Inputs of a URL map that the paths tell in a shorter way."""


@dataclass(frozen=True)
class PathChange:
    """One pattern of paths that is answered in another way; None is one that no rule names."""

    host: str
    path: str
    old: str | None
    new: str | None

    @property
    def is_lost(self) -> bool:
        """Whether clients no longer get what they got."""
        return _serves(self.old) and not _serves(self.new)

    @property
    def kind(self) -> str:
        """What changes alike has the same: of what clients lose what they get instead, of a gain no more."""
        if self.is_lost:
            return self.new or NOT_NAMED
        return "gained" if _serves(self.new) and not _serves(self.old) else self.answers

    @property
    def answers(self) -> str:
        """What was answered, and what will be."""
        return f"{self.old or NOT_NAMED} → {self.new or NOT_NAMED}"


NOT_NAMED = "named by no rule"

REST = "…"
"""Stands for whatever follows a prefix."""

EVERYTHING = f"/{REST}"


@dataclass(frozen=True)
class Folder:
    """Patterns below one folder that change alike."""

    place: str
    """Host and folder; of a single pattern the pattern itself."""
    count: int
    change: PathChange
    """One of them."""

    def __str__(self) -> str:
        """Place, how many patterns, and the answers."""
        many = f" ({self.count} patterns)" if self.count > 1 else ""
        return f"{self.place}{many}: {self.change.answers}"


def folders(changes: Iterable[PathChange]) -> tuple[Folder, ...]:
    """The changes with a line for each folder in place of one for each pattern."""
    groups: dict[tuple[str, str], list[PathChange]] = {}
    for change in sorted(changes, key=lambda change: (not change.is_lost, len(_folder(change.path)))):
        above = next(
            (key for key in groups if key[1] == change.kind and f"{change.host}{change.path}".startswith(key[0])),
            (f"{change.host}{_folder(change.path)}", change.kind),
        )
        groups.setdefault(above, []).append(change)
    return tuple(
        Folder(place if len(found) > 1 else f"{found[0].host}{found[0].path}", len(found), found[0])
        for (place, _), found in groups.items()
    )


def _folder(pattern: str) -> str:
    """What stands before the first wildcard, up to its last slash."""
    return re.split(r"[*{…]", pattern)[0].rpartition("/")[0] + "/"


def path_changes(old: Capture, new: Capture) -> tuple[PathChange, ...]:
    """Every pattern that is answered in another way, lost ones first."""
    before, after = _rules(old), _rules(new)
    places = dict.fromkeys((rule.host, rule.pattern) for rule in (*before, *after) if rule.pattern != EVERYTHING)
    changes = [PathChange(*place, _answer_of(place, before), _answer_of(place, after)) for place in places]
    different = [change for change in changes if change.old != change.new]
    return tuple(sorted(different, key=lambda change: (not change.is_lost, change.host, change.path)))


@dataclass(frozen=True)
class _Rule:
    host: str
    priority: float
    pattern: str
    answer: str
    is_last: bool
    """Whether its host has no rule after it."""

    def covers(self, pattern: str) -> bool:
        """Whether it is asked for whatever fits a pattern. The last rule for all the rest names nothing."""
        if self.pattern == EVERYTHING:
            return not self.is_last
        begins = self.pattern.removesuffix(REST)
        return pattern == self.pattern or (begins != self.pattern and pattern.startswith(begins))


def _answer_of(place: tuple[str, str], rules: Sequence[_Rule]) -> str | None:
    """What the first rule says that is asked; None where only the last one is left."""
    host, pattern = place
    return next((rule.answer for rule in rules if rule.host == host and rule.covers(pattern)), None)


def _serves(answer: str | None) -> bool:
    return answer is not None and answer.startswith("served")


def _rules(capture: Capture) -> list[_Rule]:
    """Every rule of every URL map in the order in which a load balancer asks them."""
    return sorted(_unsorted(capture), key=lambda rule: (rule.host, rule.priority))


def _unsorted(capture: Capture) -> Iterator[_Rule]:
    for url_map in capture.of_type(URL_MAP):
        hosts = {
            text(rule.get("pathMatcher")): ", ".join(texts(rule.get("hosts")))
            for rule in records(url_map.inputs.get("hostRules"))
        }
        for matcher in records(url_map.inputs.get("pathMatchers")):
            host = hosts.get(text(matcher.get("name")), "")
            rules = tuple(records(matcher.get("routeRules")))
            last = max((number(rule.get("priority")) for rule in rules), default=0)
            for rule in rules:
                priority = number(rule.get("priority"))
                for match in records(rule.get("matchRules")):
                    yield _Rule(host, priority, _pattern(match), _answer(rule), priority == last)


def _pattern(match: Mapping[str, Value]) -> str:
    if "prefixMatch" in match:
        return f"{match['prefixMatch']}{REST}"
    return str(match.get("fullPathMatch") or match.get("pathTemplateMatch") or match.get("regexMatch"))


def _answer(rule: Mapping[str, Value]) -> str:
    status = at(rule, "routeAction.faultInjectionPolicy.abort.httpStatus")
    if status is not None:
        return f"status {status}"
    headers = records(mapping(rule.get("headerAction")).get("responseHeadersToAdds"))
    return ", ".join(["served", *(text(header.get("headerValue")) for header in headers)])
