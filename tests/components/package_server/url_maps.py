"""Asks a recorded URL map where a request would go, as Google's load balancer would decide."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from capture import Capture, Registration, Value
from policies.values import items, mapping, records, text
from tests.components.package_server.edge import denied_at_the_edge


@dataclass(frozen=True)
class Answer:
    """What happens to one request."""

    backend: Registration
    """Backend service or backend bucket."""
    abort: int | None
    """Status that the load balancer answers by itself."""
    cache_control: str | None
    """Header that replaces the backend's own."""
    denied: int | None = None
    """Status of the policy at the edge, which is asked before the cache."""

    @property
    def cached(self) -> bool:
        return self.backend.inputs.get("enableCdn") is True


def url_map(capture: Capture, name: str) -> Registration:
    return next(entry for entry in capture.of_type("gcp:compute/uRLMap:URLMap") if entry.name == name)


def ask(capture: Capture, map_name: str, host: str, path: str) -> Answer:
    """The first rule by priority that matches, as the load balancer takes it."""
    found = url_map(capture, map_name)
    rules = sorted(_rules(found, host), key=lambda rule: int(str(rule["priority"])))
    rule = next(rule for rule in rules if any(_matches(match, path) for match in records(rule.get("matchRules"))))
    headers = {
        text(header.get("headerName")): text(header.get("headerValue"))
        for header in records(mapping(rule.get("headerAction")).get("responseHeadersToAdds"))
        if header.get("replace") is True
    }
    status = mapping(mapping(mapping(rule.get("routeAction")).get("faultInjectionPolicy")).get("abort"))
    assert not status or status["percentage"] == 100
    backend = backend_at(capture, text(rule.get("service")))
    return Answer(
        backend=backend,
        denied=None if status else denied_at_the_edge(capture, backend, path),
        abort=int(str(status["httpStatus"])) if status else None,
        cache_control=headers.get("Cache-Control"),
    )


def backend_at(capture: Capture, link: str) -> Registration:
    """The backend behind a link; its kind and name are the link's last parts."""
    kind, name = link.split("/")[-2:]
    return next(entry for entry in capture.resources if entry.kind == kind and entry.inputs.get("name") == name)


def _rules(found: Registration, host: str) -> Iterator[Mapping[str, Value]]:
    matcher = next(
        text(rule.get("pathMatcher"))
        for rule in records(found.inputs.get("hostRules"))
        if host in items(rule.get("hosts"))
    )
    for candidate in records(found.inputs.get("pathMatchers")):
        if candidate.get("name") == matcher:
            yield from records(candidate.get("routeRules"))


def _matches(match: Mapping[str, Value], path: str) -> bool:
    if prefix := match.get("prefixMatch"):
        return path.startswith(text(prefix))
    pattern = re.escape(text(match.get("pathTemplateMatch"))).replace(r"\*\*", ".*").replace(r"\*", "[^/]+")
    return re.fullmatch(pattern, path) is not None
