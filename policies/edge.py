"""What load balancers serve: hidden folders stay hidden, plain HTTP redirects, and caches keep files alone."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from capture import Capture, Registration, Value
from policies.policy import Finding
from policies.values import at, mapping, number, records, text

URL_MAP = "gcp:compute/uRLMap:URLMap"
BACKEND = "gcp:compute/backendService:BackendService"
BACKEND_BUCKET = "gcp:compute/backendBucket:BackendBucket"
ARMOR = "gcp:compute/securityPolicy:SecurityPolicy"

WORST_STATUS_OF_AN_ANSWER = 399
"""From 400 on, nothing is served."""

ANYTHING = "anything"
"""Stands for what lies below a folder."""


def what_a_list_guards_is_hidden_elsewhere(capture: Capture) -> Iterator[Finding]:
    """An API with an allow-list is on its own host alone: on a host for everybody its passwords could be tried."""
    for url_map in capture.of_type(URL_MAP):
        matchers = list(records(url_map.inputs.get("pathMatchers")))
        open_to_all = [matcher for matcher in matchers if not _is_guarded(capture, matcher)]
        guarded = [matcher for matcher in matchers if _is_guarded(capture, matcher)]
        folders = {folder for matcher in guarded for rule in _serving(matcher) for folder in _folders(rule)}
        for matcher in open_to_all:
            for folder in sorted(folders):
                rule = _asked(matcher, folder + ANYTHING)
                if rule is not None and not _is_refused(rule):
                    yield Finding(
                        url_map,
                        f"serves {folder} on the host of {text(matcher.get('name'))}, which has no list of who may"
                        f" pass. HINT: a rule for {folder} that answers 404, before the others",
                    )
                yield from _spelt_otherwise(capture, matcher, folder)


def plain_http_only_redirects(capture: Capture) -> Iterator[Finding]:
    """What is served without TLS can be changed on the way, and names what somebody installs."""
    for proxy in capture.of_type("gcp:compute/targetHttpProxy:TargetHttpProxy"):
        for url_map in capture.of_type(URL_MAP):
            if url_map.urn not in proxy.property_dependencies.get("urlMap", ()):
                continue
            served = any(url_map.inputs.get(key) for key in ("pathMatchers", "defaultService", "defaultRouteAction"))
            if served or at(url_map.inputs, "defaultUrlRedirect.httpsRedirect") is not True:
                yield Finding(proxy, "serves without TLS. HINT: a URL map with default_url_redirect alone")


def caches_keep_files_alone(capture: Capture) -> Iterator[Finding]:
    """A kept 404 outlives the publish of its file, and a query in the key lets anybody pass the cache."""
    for backend in (*capture.of_type(BACKEND), *capture.of_type(BACKEND_BUCKET)):
        policy = mapping(backend.inputs.get("cdnPolicy"))
        if backend.inputs.get("enableCdn") is not True:
            continue
        if policy.get("negativeCaching") is not False:
            yield Finding(backend, "its cache keeps errors and redirects. HINT: negative_caching=False")
        # A service has the query in its key unless told otherwise, a bucket has none unless told otherwise.
        if backend.type == BACKEND and at(policy, "cacheKeyPolicy.includeQueryString") is not False:
            yield Finding(backend, "a query passes its cache. HINT: cache_key_policy with include_query_string=False")
        if backend.type == BACKEND_BUCKET and at(policy, "cacheKeyPolicy.queryStringWhitelists"):
            yield Finding(backend, "a query passes its cache. HINT: no query_string_whitelists")


def what_is_stopped_asks_no_store(capture: Capture) -> Iterator[Finding]:
    """Only a service can have requests aborted: a rule that aborts before a bucket is refused, or serves (URL maps)."""
    for url_map in capture.of_type(URL_MAP):
        for holder in (url_map.inputs, *records(url_map.inputs.get("pathMatchers"))):
            for rule in (_default(holder), *records(holder.get("routeRules"))):
                service = _service(capture, rule)
                if _is_refused(rule) and service is not None and service.type == BACKEND_BUCKET:
                    yield Finding(url_map, "aborts requests to a bucket. HINT: a backend service without a backend")


def _default(holder: Mapping[str, Value]) -> Mapping[str, Value]:
    """What answers where no rule fits, written as a rule."""
    return {"service": holder.get("defaultService"), "routeAction": holder.get("defaultRouteAction")}


def _is_guarded(capture: Capture, matcher: Mapping[str, Value]) -> bool:
    """Whether every service behind a matcher has a list of who may pass."""
    services = [_service(capture, rule) for rule in _serving(matcher)]
    return bool(services) and all(service is not None and _has_list(capture, service) for service in services)


def _has_list(capture: Capture, service: Registration) -> bool:
    rules = [rule for policy in _policies(capture, service, "securityPolicy") for rule in _by_priority(policy, "rules")]
    return bool(rules) and text(rules[-1].get("action")).startswith("deny")


def _spelt_otherwise(capture: Capture, matcher: Mapping[str, Value], folder: str) -> Iterator[Finding]:
    """A path is matched as the client spelt it, so what is hidden in every spelling is denied at the edge."""
    found = (_service(capture, rule) for rule in _serving(matcher))
    for service in {entry.urn: entry for entry in found if entry is not None and entry.type == BACKEND}.values():
        edge = _policies(capture, service, "edgeSecurityPolicy")
        if not all(any(_denies(policy, spelt) for policy in edge) for spelt in _spellings(folder + ANYTHING)):
            yield Finding(
                service, f"serves {folder} to whoever spells it otherwise. HINT: an edge_security_policy that denies it"
            )


def _serving(matcher: Mapping[str, Value]) -> Iterator[Mapping[str, Value]]:
    return (rule for rule in records(matcher.get("routeRules")) if not _is_refused(rule))


def _is_refused(rule: Mapping[str, Value]) -> bool:
    status = at(rule, "routeAction.faultInjectionPolicy.abort.httpStatus")
    return number(status) > WORST_STATUS_OF_AN_ANSWER


def _folders(rule: Mapping[str, Value]) -> Iterator[str]:
    yield from (text(match["prefixMatch"]) for match in records(rule.get("matchRules")) if "prefixMatch" in match)


def _asked(matcher: Mapping[str, Value], path: str) -> Mapping[str, Value] | None:
    """The rule that answers a path; those for patterns are of files, and no file is asked for here."""
    rules = _by_priority(matcher, "routeRules")
    return next((rule for rule in rules if any(path.startswith(folder) for folder in _folders(rule))), None)


def _by_priority(holder: Mapping[str, Value] | Registration, key: str) -> list[Mapping[str, Value]]:
    values = holder.inputs if isinstance(holder, Registration) else holder
    return sorted(records(values.get(key)), key=lambda rule: number(rule.get("priority")))


def _service(capture: Capture, rule: Mapping[str, Value]) -> Registration | None:
    """The service of a rule, whose kind and name are the last parts of its link."""
    kind, _, name = text(rule.get("service")).rpartition("/")
    kind = kind.rpartition("/")[2]
    return next((entry for entry in capture.resources if entry.kind == kind and entry.inputs.get("name") == name), None)


def _policies(capture: Capture, service: Registration, key: str) -> list[Registration]:
    named = service.property_dependencies.get(key, ())
    return [entry for entry in capture.of_type(ARMOR) if entry.urn in named]


def _denies(policy: Registration, path: str) -> bool:
    expressions = [
        pattern
        for rule in _by_priority(policy, "rules")
        if text(rule.get("action")).startswith("deny")
        for pattern in re.findall(r"matches\(r'([^']+)'\)", text(at(rule, "match.expr.expression")))
    ]
    return any(re.search(pattern, unquote(path)) for pattern in expressions)


def _spellings(path: str) -> tuple[str, ...]:
    """As it is, with an encoded letter, and with a slash that servers leave out."""
    return path, path.replace(path[1], f"%{ord(path[1]):02x}", 1), f"/{path}"
