"""Rules that add up: ranges of one group are judged together, on the way in and on the way out."""

from policies import check
from tests.policies.mutations import Pick, add, change
from tests.support import estate

INGRESS = Pick("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", has={"ipProtocol": "tcp"})
EGRESS = Pick("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")


def test_rules_of_one_group_are_judged_together() -> None:
    """Two rules that open a port for half the internet each open it to the world; for other groups they do not."""
    capture = estate("staging")
    rule = INGRESS.of(capture)
    half = {"ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432, "securityGroupId": rule.inputs["securityGroupId"]}
    quarter = change(INGRESS, {**half, "cidrIpv4": "8.0.0.0/8"}, property_dependencies={})(capture)
    for group, expected in ((half["securityGroupId"], {rule.urn}), ("sg-of-another", set[str]())):
        other = {**half, "cidrIpv4": "9.0.0.0/8", "securityGroupId": group}
        both = add(INGRESS, INGRESS.type, other)(quarter.capture)

        found = {entry.urn for entry in check(both.capture) if entry.policy == "only_named_ports_are_open_to_the_world"}

        assert found == expected | ({both.urn} if expected else set())


def test_a_rule_of_icmp_has_types_and_no_ports() -> None:
    capture = estate("staging")
    pings = {"ipProtocol": "icmp", "fromPort": -1, "toPort": -1, "cidrIpv4": "0.0.0.0/0", "securityGroupId": "sg-other"}
    pinged = add(INGRESS, INGRESS.type, pings)(capture)

    assert {entry.urn for entry in check(pinged.capture)} == {pinged.urn}


def test_halves_of_everywhere_are_everywhere_on_the_way_out() -> None:
    capture = estate("staging")
    group = EGRESS.of(capture).inputs["securityGroupId"]
    half = {"ipProtocol": "-1", "cidrIpv4": "9.0.0.0/8", "securityGroupId": group}
    first = change(EGRESS, {**half, "cidrIpv4": "8.0.0.0/8"}, property_dependencies={})(capture)
    both = add(EGRESS, EGRESS.type, half)(first.capture)

    assert {entry.urn for entry in check(both.capture)} == {first.urn, both.urn}
