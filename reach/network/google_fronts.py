"""Load balancers of Google: from the forwarding rule by proxy and URL map to the service and the machine behind it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from capture import Registration, Value
from reach.network.google import ADDRESS, INSTANCE
from reach.network.google_armor import POLICY, armor
from reach.network.places import FRONT_ENDS, Front, Machine
from reach.network.ranges import PUBLIC, Ranges
from reach.network.reading import component_name, number, ports
from reach.network.references import References
from reach.network.rules import Flow, Party, Rule, passed
from reach.step import Step
from reach.values import block, records, text, texts

FORWARDING = ("gcp:compute/globalForwardingRule:GlobalForwardingRule", "gcp:compute/forwardingRule:ForwardingRule")
PROXIES = (
    "gcp:compute/targetHttpsProxy:TargetHttpsProxy",
    "gcp:compute/targetHttpProxy:TargetHttpProxy",
    "gcp:compute/regionTargetHttpsProxy:RegionTargetHttpsProxy",
    "gcp:compute/regionTargetHttpProxy:RegionTargetHttpProxy",
)
STREAM_PROXIES = (
    "gcp:compute/targetTCPProxy:TargetTCPProxy",
    "gcp:compute/targetSSLProxy:TargetSSLProxy",
)
URL_MAPS = ("gcp:compute/uRLMap:URLMap", "gcp:compute/regionUrlMap:RegionUrlMap")
SERVICES = ("gcp:compute/backendService:BackendService", "gcp:compute/regionBackendService:RegionBackendService")
BUCKET = "gcp:compute/backendBucket:BackendBucket"
GROUP = "gcp:compute/instanceGroup:InstanceGroup"
ADDRESSES = (ADDRESS, "gcp:compute/globalAddress:GlobalAddress")

WORST_STATUS_OF_AN_ANSWER = 399
"""From 400 on, nothing is served."""
GOOGLE = Party("Google's front ends", FRONT_ENDS, is_crowd=True)


Behind = tuple[tuple[tuple[Rule, ...], ...], tuple[Step, ...]]
"""Policies that a request has to pass, and the steps behind them."""
_REFUSED: tuple[Behind, ...] = ((((),), ()),)
"""A policy without a rule passes nobody."""


@dataclass(frozen=True)
class Served:
    """A host and one of the services that answer for it."""

    host: str
    service: Registration | None
    """None where nothing but a redirect or a refusal answers."""
    steps: tuple[Step, ...]
    is_refused: bool = False


class GoogleFronts:
    """Every host of every load balancer that is open to the internet."""

    def __init__(self, references: References, machines: Mapping[str, Machine]) -> None:
        self._references = references
        self._machines = machines
        self._armor = {policy.urn: armor(references, policy) for policy in references.of_type(POLICY)}

    def fronts(self) -> Iterator[Front]:
        """One for each host, port and service, with all addresses that lead there."""
        found: dict[tuple[str, Flow, str], Front] = {}
        for rule in (entry for kind in FORWARDING for entry in self._references.of_type(kind)):
            if text(rule.inputs.get("loadBalancingScheme")).startswith("INTERNAL"):
                continue
            for front in self._of(rule):
                key = (front.name, front.flow, front.backend)
                before = found[key].entries if key in found else ()
                found[key] = replace(front, entries=(*before, *front.entries))
        yield from found.values()

    def _of(self, rule: Registration) -> Iterator[Front]:
        entry = (self._address(rule), Step(f"forwarding rule {rule.name} takes {self._flow(rule)}", rule.urn))
        for proxy in self._references.named(rule, "target", *PROXIES, *STREAM_PROXIES):
            for served in self._served(proxy):
                for guards, steps in _REFUSED if served.is_refused else self._behind(served.service):
                    yield Front(
                        urn=proxy.urn if served.service is None else served.service.urn,
                        name=served.host or component_name(self._references.capture, rule),
                        entries=(entry,),
                        flow=self._flow(rule),
                        backend="" if served.service is None else served.service.name,
                        guards=guards,
                        steps=(Step(f"proxy {proxy.name} answers", proxy.urn), *served.steps, *steps),
                        component=component_name(self._references.capture, rule),
                        other_names=(proxy.name,),
                    )

    def _address(self, rule: Registration) -> Party:
        addresses = self._references.named(rule, "ipAddress", *ADDRESSES)
        versions = {text(each.inputs.get("ipVersion")) for each in addresses} | {text(rule.inputs.get("ipVersion"))}
        within = Ranges((), PUBLIC.sixth) if "IPV6" in versions else Ranges(PUBLIC.fourth)
        known = [self._references.address(each, "address") for each in addresses]
        urns = frozenset({rule.urn, *(each.urn for each in addresses)})
        return Party(rule.name, next(filter(None, known), within), urns=urns)

    def _flow(self, rule: Registration) -> Flow:
        spans = ports(rule.inputs.get("portRange")) or ports(rule.inputs.get("ports")) or [(0, 65535)]
        return Flow((text(rule.inputs.get("ipProtocol")) or "tcp").lower(), *spans[0])

    def _served(self, proxy: Registration) -> Iterator[Served]:
        for service in self._references.named(proxy, "backendService", *SERVICES):
            yield Served("", service, ())
        for url_map in self._references.named(proxy, "urlMap", *URL_MAPS):
            matchers = {text(each.get("name")): each for each in records(url_map.inputs.get("pathMatchers"))}
            for rule in records(url_map.inputs.get("hostRules")):
                matcher = matchers.get(text(rule.get("pathMatcher")), {})
                for host in texts(rule.get("hosts")):
                    yield from self._answers(url_map, matcher, host, "pathMatchers")
            yield from self._answers(url_map, url_map.inputs, "", "defaultService")

    def _answers(self, url_map: Registration, matcher: Mapping[str, Value], host: str, key: str) -> Iterator[Served]:
        """Services of all paths of a host; refused and redirected paths have none."""
        words = f"URL map {url_map.name} gives {host or 'every other host'} to"
        found: dict[str, tuple[Registration, Step]] = {}
        redirects = False
        for rule in _asked_in_turn(matcher) if host else [_default(matcher)]:
            redirects = redirects or bool(rule.get("urlRedirect"))
            if rule.get("urlRedirect") or _is_refused(rule):
                continue
            for value in (rule.get("service"), *_weighted(rule)):
                if value is None:
                    continue
                services = self._references.named(url_map, key, *SERVICES, BUCKET, value=value)
                doubt = "" if len(services) == 1 else f"it is the one that {key} will name"
                for each in services:
                    found.setdefault(each.urn, (each, Step(f"{words} {each.name}", url_map.urn, doubt)))
        for service, step in found.values():
            yield Served(host, service, (step,))
        if not found and (redirects or host):
            answer = Step(f"{words} {'a redirect' if redirects else 'an error'}", url_map.urn)
            yield Served(host, None, (answer,), is_refused=not redirects)

    def _behind(self, service: Registration | None) -> Iterator[Behind]:
        """Policies of a service and the steps to what answers; nobody passes where nothing behind it may be asked."""
        if service is None or service.type == BUCKET:
            guards = self._guards(service, "edgeSecurityPolicy") if service else ()
            yield guards, (Step(f"bucket {service.name} answers", service.urn),) if service else ()
            return
        guards = (*self._guards(service, "edgeSecurityPolicy"), *self._guards(service, "securityPolicy"))
        groups = self._references.named(service, "backends", GROUP)
        steps = [step for group in groups for step in self._asked(service, group)]
        if steps:
            yield guards, tuple(steps)
        elif not groups:
            yield guards, (Step(f"backend {service.name}", service.urn, "something stands behind it"),)
        else:
            yield from _REFUSED

    def _guards(self, service: Registration, key: str) -> tuple[tuple[Rule, ...], ...]:
        return tuple(self._armor[policy.urn] for policy in self._references.named(service, key, POLICY))

    def _asked(self, service: Registration, group: Registration) -> Iterator[Step]:
        name = text(service.inputs.get("portName"))
        named = {
            int(number(record.get("port")))
            for record in records(group.inputs.get("namedPorts"))
            if text(record.get("name")) == name
        }
        for instance in self._references.named(group, "instances", INSTANCE):
            machine = self._machines.get(instance.urn)
            for port in sorted(named):
                through = () if machine is None else passed(machine.ingress, GOOGLE, Flow("tcp", port, port))
                if through:
                    words = f"backend {service.name} asks port {port} of {instance.name}"
                    yield Step(words, through[0].rule.urn, through[0].perhaps)


def _asked_in_turn(matcher: Mapping[str, Value]) -> Iterator[Mapping[str, Value]]:
    """Rules of a host until one that takes every path; the default, which is asked at last, may never be."""
    rules = sorted(records(matcher.get("routeRules")), key=lambda rule: number(rule.get("priority")))
    for rule in (*rules, *records(matcher.get("pathRules"))):
        yield rule
        if any(
            set(match) == {"prefixMatch"} and match["prefixMatch"] == "/" for match in records(rule.get("matchRules"))
        ):
            return
        if "/*" in texts(rule.get("paths")):
            return
    yield _default(matcher)


def _default(matcher: Mapping[str, Value]) -> Mapping[str, Value]:
    """What answers where no rule fits, written as a rule."""
    return {
        name.removeprefix("default")[:1].lower() + name.removeprefix("default")[1:]: value
        for name, value in matcher.items()
        if name.startswith("default")
    }


def _is_refused(rule: Mapping[str, Value]) -> bool:
    abort = block(block(block(rule.get("routeAction")).get("faultInjectionPolicy")).get("abort"))
    return number(abort.get("httpStatus")) > WORST_STATUS_OF_AN_ANSWER and number(abort.get("percentage"), 100) >= 100


def _weighted(rule: Mapping[str, Value]) -> Iterator[Value]:
    for each in records(block(rule.get("routeAction")).get("weightedBackendServices")):
        yield each.get("backendService")
