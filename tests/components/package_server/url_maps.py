"""Asks a recorded URL map where a request would go, as Google's load balancer would decide."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from capture import Capture, Registration, Value
from policies.values import at, items, mapping, records, text
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
    path: str
    """What the backend is asked for."""
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
    rule, variables = next(
        (rule, found)
        for rule in rules
        for found in (_variables(match, path) for match in records(rule.get("matchRules")))
        if found is not None
    )
    headers = {
        text(header.get("headerName")): text(header.get("headerValue"))
        for header in records(mapping(rule.get("headerAction")).get("responseHeadersToAdds"))
        if header.get("replace") is True
    }
    status = mapping(at(rule, "routeAction.faultInjectionPolicy.abort"))
    assert not status or status["percentage"] == 100
    rewrite = text(at(rule, "routeAction.urlRewrite.pathTemplateRewrite"))
    backend = backend_at(capture, text(rule.get("service")))
    return Answer(
        backend=backend,
        denied=None if status else denied_at_the_edge(capture, backend, path),
        abort=int(str(status["httpStatus"])) if status else None,
        cache_control=headers.get("Cache-Control"),
        path=re.sub(r"{(\w+)}", lambda name: variables[name[1]], rewrite) if rewrite else path,
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


def _variables(match: Mapping[str, Value], path: str) -> Mapping[str, str] | None:
    """The variables that a comparison defines; None where the path does not match."""
    if prefix := match.get("prefixMatch"):
        return {} if path.startswith(text(prefix)) else None
    parts = re.split(r"({\w+=\*\*?}|\*\*?)", text(match.get("pathTemplateMatch")))
    found = re.fullmatch("".join(_operator(part) for part in parts), path, re.DOTALL)
    return None if found is None else found.groupdict()


def _operator(part: str) -> str:
    """As a regular expression: "*" is within a segment, "**" any number of segments."""
    if "*" not in part:
        return re.escape(part)
    pattern = ".*" if "**" in part else "[^/]+"
    return f"(?P<{part[1:].partition('=')[0]}>{pattern})" if part.startswith("{") else pattern
