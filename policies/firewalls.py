"""Who passes, beside the open ports: targets of rules, SSH, Cloud Armor, TLS."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence

from capture import Capture, Registration, Value
from policies.open_ports import SSH_PORT, openings
from policies.policy import Finding
from policies.values import at, component_token, items, number, records, text, texts
from settings.addresses import is_covered, is_world

IAP = ipaddress.IPv4Network("35.235.240.0/20")
"""Identity-Aware Proxy, which asks who it is before the first packet (IAP docs, TCP forwarding)."""

EVERYWHERE = "0.0.0.0/0"

FOR_ALL_MACHINES: Mapping[tuple[str, str], str] = {
    ("packyard:link:HaVpn", "-ping"): "shows that the link works, from the network behind it alone, and opens no port",
}
"""Component token and end of the name of a rule that holds for a whole network, with the reason."""

DEFAULT_PRIORITY = 1000
"""Of a firewall rule that names none (compute API, firewalls.priority)."""

LAST_PRIORITY = 2147483647
"""Of the rule of Cloud Armor for everyone that no other rule met."""

MODERN_TLS = {"minTlsVersion": ("TLS_1_2", "TLS_1_3"), "profile": ("MODERN", "RESTRICTED", "FIPS_202205")}
"""Of SSL policies: versions and profiles without what browsers gave up (Cloud Load Balancing docs, SSL policies)."""


def allowing_rules_name_their_machines(capture: Capture) -> Iterator[Finding]:
    """A rule without a target holds for every machine of the network, those that come later too."""
    for rule in capture.of_type("gcp:compute/firewall:Firewall"):
        if not items(rule.inputs.get("allows")):
            continue
        reviewed = any(component_token(rule) == token and rule.name.endswith(end) for token, end in FOR_ALL_MACHINES)
        if not reviewed and not any(items(rule.inputs.get(key)) for key in ("targetServiceAccounts", "targetTags")):
            yield Finding(rule, "holds for every machine of its network. HINT: target_service_accounts or target_tags")


def ssh_comes_from_one_address(capture: Capture) -> Iterator[Finding]:
    """SSH is for IAP, and for a runner manager to its own workers; a range holds whatever starts in it next."""
    for opening in openings(capture):
        wide = [source for source in opening.sources if not _is_narrow(source)]
        if opening.holds("tcp", SSH_PORT) and wide and not opening.to_the_world:
            yield Finding(
                opening.registration, f"SSH is open to {', '.join(wide)}. HINT: IAP, SSM, a security group or one /32"
            )


def egress_rules_keep_their_order(capture: Capture) -> Iterator[Finding]:
    """On GCP the lowest number wins: an allow before the denial of private ranges opens them to every worker."""
    rules = [
        rule
        for rule in capture.of_type("gcp:compute/firewall:Firewall")
        if text(rule.inputs.get("direction")) == "EGRESS" and rule.inputs.get("disabled") is not True
    ]
    for denial in rules:
        denied = texts(denial.inputs.get("destinationRanges"))
        if not items(denial.inputs.get("denies")) or is_covered(EVERYWHERE, denied):
            continue
        before = [
            rule
            for rule in rules
            if items(rule.inputs.get("allows"))
            and rule.inputs.get("network") == denial.inputs.get("network")
            and _priority(rule) < _priority(denial)
        ]
        opened = next((cidr for cidr in denied if is_covered(cidr, _destinations(before))), None)
        if opened is not None:
            # Halves of a range in two rules open it as one rule would.
            needed = [
                rule
                for rule in before
                if not is_covered(opened, _destinations([other for other in before if other is not rule]))
            ]
            yield Finding(
                (needed or before)[0],
                f"comes before {denial.name}, which then denies nothing of {opened}. HINT: a higher priority number",
            )


def armor_lets_in_whom_it_names(capture: Capture) -> Iterator[Finding]:
    """A list of who may pass is worth as much as the rule for everybody else."""
    for policy in capture.of_type("gcp:compute/securityPolicy:SecurityPolicy"):
        rules = list(records(policy.inputs.get("rules")))
        last = [rule for rule in rules if rule.get("priority") == LAST_PRIORITY]
        others = [rule for rule in rules if rule.get("priority") != LAST_PRIORITY]
        lists = any(text(rule.get("action")) == "allow" for rule in others)
        if not last:
            yield Finding(policy, f"has no rule for everybody else. HINT: a rule of priority {LAST_PRIORITY}")
        elif lists and not text(last[0].get("action")).startswith("deny"):
            yield Finding(
                policy, "names who may pass, and lets everybody else pass too. HINT: deny(403) as the last rule"
            )
        elif not lists and not any(text(rule.get("action")).startswith(_holding_back(policy)) for rule in others):
            yield Finding(policy, "neither names who may pass nor holds anybody back. HINT: a throttle, or a list")
        # A rule takes ten ranges, so a list is cut into rules, and halves of the world can stand in two of them.
        if is_world(cidr for rule in others if text(rule.get("action")) == "allow" for cidr in _sources(rule)):
            yield Finding(policy, "allows everybody before its last rule. HINT: the ranges of who may pass")


def _holding_back(policy: Registration) -> tuple[str, ...]:
    """Actions that are a policy's purpose: at the edge, where nothing can be throttled, what nobody gets."""
    return ("deny",) if policy.inputs.get("type") == "CLOUD_ARMOR_EDGE" else ("throttle", "rate_based_ban")


def services_to_the_world_have_armor(capture: Capture) -> Iterator[Finding]:
    """A backend without a policy of Cloud Armor answers whoever finds its host name; where none is, nothing answers."""
    for service in capture.of_type("gcp:compute/backendService:BackendService"):
        external = text(service.inputs.get("loadBalancingScheme")).startswith("EXTERNAL")
        if external and service.inputs.get("backends") and not service.inputs.get("securityPolicy"):
            yield Finding(service, "has no policy of Cloud Armor. HINT: security_policy")


def tls_is_modern(capture: Capture) -> Iterator[Finding]:
    """Without an SSL policy Google still speaks TLS 1.0 (SSL policies, default profile COMPATIBLE)."""
    for proxy in capture.of_type("gcp:compute/targetHttpsProxy:TargetHttpsProxy"):
        if not proxy.inputs.get("sslPolicy"):
            yield Finding(proxy, "speaks TLS 1.0 to whoever asks. HINT: an SSLPolicy of its own")
    for policy in capture.of_type("gcp:compute/sSLPolicy:SSLPolicy"):
        for key, good in MODERN_TLS.items():
            if policy.inputs.get(key) not in good:
                yield Finding(policy, f"{key} is {policy.inputs.get(key)}. HINT: one of {', '.join(good)}")


def _is_narrow(source: str) -> bool:
    network = ipaddress.ip_network(source)
    if isinstance(network, ipaddress.IPv4Network):
        return network.prefixlen == 32 or network.subnet_of(IAP)
    return network.prefixlen == 128


def _destinations(rules: Sequence[Registration]) -> tuple[str, ...]:
    return tuple(cidr for rule in rules for cidr in texts(rule.inputs.get("destinationRanges")))


def _sources(rule: Mapping[str, Value]) -> tuple[str, ...]:
    return texts(at(rule, "match.config.srcIpRanges"))


def _priority(rule: Registration) -> float:
    return number(rule.inputs.get("priority"), DEFAULT_PRIORITY)
