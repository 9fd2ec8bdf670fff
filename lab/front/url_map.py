"""Where a registered URL map sends a request, as Google's load balancer would decide (Google, "URL maps overview")."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from capture import Capture, Registration, Value
from lab.errors import LabError
from lab.followed import known_alone
from lab.front.edge import denied_at_the_edge
from lab.front.reading import at
from reach.values import block, records, text, texts

MAP = "gcp:compute/uRLMap:URLMap"
BUCKET = "gcp:compute/backendBucket:BackendBucket"
SERVICE = "gcp:compute/backendService:BackendService"

FOLLOWED = ("description", "headerAction", "matchRules", "priority", "routeAction", "service")
"""Of a route rule."""

COMPARED = ("pathTemplateMatch", "prefixMatch")
"""Of a match rule."""


@dataclass(frozen=True)
class Routed:
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
        """Whether a cache stands before the backend."""
        return self.backend.inputs.get("enableCdn") is True


def url_map(capture: Capture, name: str) -> Registration:
    """The URL map of that logical name. Raises LabError."""
    for entry in capture.of_type(MAP):
        if entry.name == name:
            return entry
    raise LabError(f"no URL map is called {name!r}")


def route(capture: Capture, map_name: str, host: str, path: str) -> Routed:
    """The first rule by priority that matches, as the load balancer takes it. Raises LabError."""
    found = url_map(capture, map_name)
    rules = _rules(found, host)
    if rules is None:
        return _by_default(capture, found, path)
    for rule in sorted(rules, key=lambda rule: int(str(rule["priority"]))):
        for match in records(rule.get("matchRules")):
            if (variables := _variables(match, path)) is not None:
                return _by_rule(capture, rule, path, variables)
    raise LabError(f"no rule of {map_name} matches {host}{path}. HINT: end each path matcher with a rule for /")


def backend_at(capture: Capture, link: str) -> Registration:
    """The backend behind a link; its kind and name are the link's last parts. Raises LabError."""
    kind, name = link.split("/")[-2:]
    for entry in (each for backend in (BUCKET, SERVICE) for each in capture.of_type(backend)):
        if entry.kind == kind and entry.inputs.get("name") == name:
            return entry
    raise LabError(f"no backend is registered at {link}")


def _by_default(capture: Capture, found: Registration, path: str) -> Routed:
    """For a host that no host rule names."""
    backend = backend_at(capture, text(found.inputs.get("defaultService")))
    action = block(found.inputs.get("defaultRouteAction"))
    return Routed(backend=backend, abort=_abort(action), cache_control=None, path=path)


def _by_rule(capture: Capture, rule: Mapping[str, Value], path: str, variables: Mapping[str, str]) -> Routed:
    known_alone(rule, FOLLOWED, f"route rule {rule['priority']}")
    action = block(rule.get("routeAction"))
    known_alone(action, ("faultInjectionPolicy", "urlRewrite"), f"action of route rule {rule['priority']}")
    headers = {
        text(header.get("headerName")): text(header.get("headerValue"))
        for header in records(block(rule.get("headerAction")).get("responseHeadersToAdds"))
        if header.get("replace") is True
    }
    status = _abort(action)
    rewrite = text(block(action.get("urlRewrite")).get("pathTemplateRewrite"))
    backend = backend_at(capture, text(rule.get("service")))
    return Routed(
        backend=backend,
        denied=None if status else denied_at_the_edge(capture, backend, path),
        abort=status,
        cache_control=headers.get("Cache-Control"),
        path=re.sub(r"{(\w+)}", lambda name: variables[name[1]], rewrite) if rewrite else path,
    )


def _abort(action: Mapping[str, Value]) -> int | None:
    status = at(action, "faultInjectionPolicy.abort")
    if status and status.get("percentage") != 100:
        raise LabError("an abort of some requests alone cannot be followed. HINT: percentage: 100")
    return int(str(status["httpStatus"])) if status else None


def _rules(found: Registration, host: str) -> Iterator[Mapping[str, Value]] | None:
    """The route rules of a host; None where no host rule names it."""
    for named in records(found.inputs.get("hostRules")):
        if host in texts(named.get("hosts")):
            for candidate in records(found.inputs.get("pathMatchers")):
                if candidate.get("name") == named.get("pathMatcher"):
                    return records(candidate.get("routeRules"))
    return None


def _variables(match: Mapping[str, Value], path: str) -> Mapping[str, str] | None:
    """The variables that a comparison defines; None where the path does not match."""
    known_alone(match, COMPARED, "a match rule")
    if prefix := text(match.get("prefixMatch")):
        return {} if path.startswith(prefix) else None
    parts = re.split(r"({\w+=\*\*?}|\*\*?)", text(match.get("pathTemplateMatch")))
    found = re.fullmatch("".join(_operator(part) for part in parts), path, re.DOTALL)
    return None if found is None else found.groupdict()


def _operator(part: str) -> str:
    """As a regular expression: "*" is within a segment, "**" any number of segments."""
    if "*" not in part:
        return re.escape(part)
    pattern = ".*" if "**" in part else "[^/]+"
    return f"(?P<{part[1:].partition('=')[0]}>{pattern})" if part.startswith("{") else pattern
