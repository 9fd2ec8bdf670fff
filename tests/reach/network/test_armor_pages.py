"""Load balancers and Cloud Armor: questions with the answers that Google's pages give.

Pages of the Cloud Load Balancing and Cloud Armor documentation, read on 28 November 2026.
"""

from typing import Any

from tests.reach.network.asking import doubt, is_open
from tests.reach.network.building import GoogleNetwork

EVERYBODY = ("*",)
LAST = 2147483647
PROBES = ("35.191.0.0/16", "130.211.0.0/22")


def ranges(*listed: str) -> dict[str, Any]:
    """A match by source."""
    return {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": listed}}


def rule(priority: int, action: str, match: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"priority": priority, "action": action, "match": match, **more}


DENY_THE_REST = rule(LAST, "deny(403)", ranges("*"))
ALLOW_THE_REST = rule(LAST, "allow", ranges("*"))


def served(
    *rules: dict[str, Any], probes: tuple[str, ...] = PROBES, matcher: dict[str, Any] | None = None
) -> GoogleNetwork:
    """A load balancer whose host app.example.com leads to a machine behind a policy."""
    made = GoogleNetwork()
    machine = made.machine("app")
    made.rule("probes", "allows", "tcp", "8443", sourceRanges=probes)
    group = made.add(
        "gcp:compute/instanceGroup:InstanceGroup",
        "group",
        instances=(machine,),
        namedPorts=({"name": "https", "port": 8443},),
    )
    guarded: dict[str, Any] = {}
    if rules:
        guarded["securityPolicy"] = made.add("gcp:compute/securityPolicy:SecurityPolicy", "list", rules=rules)
    backend = made.add(
        "gcp:compute/backendService:BackendService",
        "backend",
        backends=({"group": group},),
        portName="https",
        **guarded,
    )
    url_map = made.add(
        "gcp:compute/uRLMap:URLMap",
        "map",
        hostRules=({"hosts": ("app.example.com",), "pathMatcher": "app"},),
        pathMatchers=({"name": "app", "defaultService": backend, **(matcher or {})},),
        defaultRouteAction={"faultInjectionPolicy": {"abort": {"httpStatus": 404, "percentage": 100}}},
        defaultService=backend,
    )
    proxy = made.add("gcp:compute/targetHttpsProxy:TargetHttpsProxy", "proxy", urlMap=url_map)
    address = made.add("gcp:compute/globalAddress:GlobalAddress", "front", {"address": "198.51.100.10"})
    made.add(
        "gcp:compute/globalForwardingRule:GlobalForwardingRule",
        "https",
        target=proxy,
        ipAddress=address,
        portRange="443",
        loadBalancingScheme="EXTERNAL_MANAGED",
    )
    return made


def asked(made: GoogleNetwork, place: str = "the internet") -> bool:
    return is_open(made, place, "app.example.com", 443)


def test_a_backend_without_a_policy_answers_everybody() -> None:
    """'Security policy overview', 2026-11-28: policies are attached to backend services."""
    made = served()

    assert asked(made)
    assert not is_open(made, "the internet", "app.example.com", 80), "no forwarding rule takes it"
    assert not is_open(made, "the internet", "app", 8443), "the machine itself has no public address"
    assert is_open(made, "Google's front ends", "app", 8443)


def test_the_first_rule_by_priority_decides() -> None:
    """'Security policy overview', "Rule evaluation order", 2026-11-28: the lowest number first."""
    allow, deny = rule(2000, "allow", ranges("*")), rule(1000, "deny(403)", ranges("203.0.113.0/24"))
    made = served(allow, deny, DENY_THE_REST)

    assert asked(made, "192.0.2.7")
    assert not asked(made, "203.0.113.7")


def test_a_list_lets_in_whom_it_names() -> None:
    """'Configure security policies', "Allowlists and denylists", 2026-11-28."""
    made = served(rule(1000, "allow", ranges("192.0.2.0/25", "203.0.113.5/32")), DENY_THE_REST)

    assert asked(made, "192.0.2.7")
    assert asked(made, "203.0.113.5")
    assert not asked(made, "192.0.2.200")
    assert not asked(made, "203.0.113.6")


def test_the_default_rule_is_for_everybody_else() -> None:
    """'Security policy overview', "Default rule", 2026-11-28: priority 2147483647; it allows unless it is changed."""
    deny = rule(1000, "deny(403)", ranges("203.0.113.0/24"))

    assert asked(served(deny, ALLOW_THE_REST), "192.0.2.7")
    assert asked(served(deny), "192.0.2.7"), "one that nobody wrote allows"
    assert not asked(served(deny, DENY_THE_REST), "192.0.2.7")


def test_a_rule_in_preview_decides_nothing() -> None:
    """'Security policy overview', "Preview mode", 2026-11-28: it is logged and not enforced."""
    deny = rule(1000, "deny(403)", ranges("*"), preview=True)

    assert asked(served(deny, ALLOW_THE_REST))
    assert not asked(served(rule(1000, "allow", ranges("*"), preview=True), DENY_THE_REST))


def test_a_throttle_lets_in_what_is_not_too_much() -> None:
    """'Rate limiting overview', 2026-11-28: throttle and rate_based_ban allow what conforms."""
    for action in ("throttle", "rate_based_ban"):
        assert asked(served(rule(1000, action, ranges("*")), DENY_THE_REST))


def test_ranges_in_an_expression_are_read() -> None:
    """'Custom rules language', inIpRange, 2026-11-28."""
    match = {"expr": {"expression": "inIpRange(origin.ip, '192.0.2.0/25') || inIpRange(origin.ip, '203.0.113.0/24')"}}
    made = served(rule(1000, "allow", match), DENY_THE_REST)

    assert asked(made, "192.0.2.7")
    assert asked(made, "203.0.113.7")
    assert not asked(made, "192.0.2.200")
    assert not asked(served(rule(1000, "deny(403)", match), ALLOW_THE_REST), "192.0.2.7")


def test_an_expression_that_is_not_read_lets_in_and_denies_perhaps() -> None:
    """'Custom rules language', 2026-11-28: attributes of a request that no registration knows."""
    match = {"expr": {"expression": "origin.region_code == 'AU'"}}

    made = served(rule(1000, "allow", match), DENY_THE_REST)
    assert not asked(made)
    assert "origin.region_code" in doubt(made, "the internet", "app.example.com", 443)

    denied = served(rule(1000, "deny(403)", match), ALLOW_THE_REST)
    assert not asked(denied)
    assert "denies does not hold: the request meets origin.region_code" in doubt(
        denied, "the internet", "app.example.com", 443
    )


def test_a_denial_of_what_is_asked_for_closes_no_door() -> None:
    """'Custom rules language', attributes, 2026-11-28: a path is the choice of whoever asks, an origin is not."""
    match = {"expr": {"expression": "request.path.startsWith('/origin.html')"}}

    assert asked(served(rule(1000, "deny(403)", match), ALLOW_THE_REST))


def test_a_backend_that_no_front_end_reaches_answers_nobody() -> None:
    """'Firewall rules for load balancers', 2026-11-28: 35.191.0.0/16 and 130.211.0.0/22 must be let in."""
    assert not asked(served(probes=("10.0.0.0/8",)))


def test_a_path_that_is_refused_for_everybody_leads_nowhere() -> None:
    """'URL maps overview', fault injection and route rules, 2026-11-28: rules by priority, then the default service."""
    refused = {"faultInjectionPolicy": {"abort": {"httpStatus": 404, "percentage": 100}}}
    every_path = {"priority": 1, "matchRules": ({"prefixMatch": "/"},), "routeAction": refused}
    one_path = {"priority": 1, "matchRules": ({"prefixMatch": "/api/"},), "routeAction": refused}

    assert not asked(served(matcher={"routeRules": (every_path,)}))
    assert asked(served(matcher={"routeRules": (one_path,)}))


def test_both_versions_of_an_address_lead_to_one_host() -> None:
    """'IPv6 for load balancers', 2026-11-28: a forwarding rule for each version."""
    made = served(rule(1000, "allow", ranges("192.0.2.0/24")), DENY_THE_REST)
    address = made.add("gcp:compute/globalAddress:GlobalAddress", "six", {"address": "2001:db8::10"}, ipVersion="IPV6")
    made.add(
        "gcp:compute/globalForwardingRule:GlobalForwardingRule",
        "https-six",
        target="TargetHttpsProxy/proxy",
        ipAddress=address,
        portRange="443",
        loadBalancingScheme="EXTERNAL_MANAGED",
    )

    assert asked(made, "192.0.2.7")
    assert not asked(made, "2001:db8:9::7")
