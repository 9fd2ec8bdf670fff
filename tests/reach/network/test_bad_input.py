"""What cannot be read is told as a doubt, never as "does not reach", and never by a traceback."""

from dataclasses import replace
from typing import Any

import pytest

from capture import Unknown
from reach.network import Network, difference
from reach.network.ranges import ranges
from reach.network.rules import ANYBODY, Flow, Party, Rule, Selector, passed
from tests.reach.network.asking import doubt, is_open
from tests.reach.network.building import AmazonNetwork, GoogleNetwork
from tests.support import estate

EVERYBODY = "0.0.0.0/0"
OPEN: dict[str, Any] = {
    "direction": "INGRESS",
    "priority": 1000,
    "allows": ({"protocol": "tcp", "ports": ("443",)},),
    "sourceRanges": (EVERYBODY,),
    "targetTags": ("web",),
}


@pytest.mark.parametrize("key", OPEN)
def test_a_firewall_rule_that_is_not_known_yet_lets_in_perhaps(key: str) -> None:
    made = GoogleNetwork()
    made.machine("web", "web", address="198.51.100.1")
    inputs: dict[str, Any] = {**OPEN, key: Unknown()}
    made.add("gcp:compute/firewall:Firewall", "rule", network=made.network, **inputs)

    assert doubt(made, "the internet", "web", 443)


def test_a_denial_that_is_not_known_yet_denies_perhaps() -> None:
    made = GoogleNetwork()
    made.machine("web", "web", address="198.51.100.1")
    made.rule("open", "allows", "tcp", "443", sourceRanges=(EVERYBODY,))
    made.rule("shut", "denies", "all", sourceRanges=(EVERYBODY,), priority=1, targetTags=Unknown())

    assert "shut denies all does not hold: " in doubt(made, "the internet", "web", 443)


def test_a_denial_of_a_part_leaves_a_doubt_to_that_part_alone() -> None:
    """A crowd is told in two: those who surely pass, and those whom the denial may meet."""
    party = Party("the internet", ranges(("192.0.2.0/24",)), is_crowd=True)
    some = Selector(ranges(("192.0.2.0/25",)))
    denial = Rule("", "a rule denies", allows=False, selector=some, perhaps="it is not known yet")
    allowing = Rule("", "a rule allows", allows=True, selector=ANYBODY, priority=1)

    sure, perhaps = passed((denial, allowing), party, Flow("tcp", 443, 443))

    assert (str(sure.part), sure.perhaps) == ("192.0.2.128/25", "")
    assert (str(perhaps.part), perhaps.perhaps) == ("192.0.2.0/25", "a rule denies does not hold: it is not known yet")


def test_a_denial_that_may_meet_an_address_leaves_a_doubt() -> None:
    """One address of a range lies in the part that is denied, or it does not."""
    party = Party("address", ranges(("192.0.2.0/24",)))
    some = Selector(ranges(("192.0.2.0/25",)))
    rules = (
        Rule("", "a rule denies", allows=False, selector=some),
        Rule("", "a rule allows", allows=True, selector=ANYBODY),
    )

    (found,) = passed(rules, party, Flow("tcp", 443, 443))

    assert found.perhaps == "a rule denies does not hold: the address of address lies in 192.0.2.0/25"


@pytest.mark.parametrize(
    "other",
    [
        {"cidrIpv4": "everybody"},
        {"cidrIpv4": Unknown()},
        {"prefixListId": Unknown()},
        {"referencedSecurityGroupId": Unknown()},
        {"cidrIpv4": EVERYBODY, "fromPort": Unknown(), "toPort": Unknown()},
    ],
)
def test_a_rule_of_a_group_that_is_not_known_lets_in_perhaps(other: dict[str, Any]) -> None:
    made = AmazonNetwork()
    web = made.group("web")
    inputs: dict[str, Any] = {"securityGroupId": web, "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, **other}
    made.add("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "rule", **inputs)
    made.machine("one", web, subnet=made.public, address="198.51.100.1")

    assert doubt(made, "the internet", "one", 443)


def test_nonsense_in_any_input_of_the_network_raises_nothing() -> None:
    """Every input of every resource of the network, as another kind of value than it should be."""
    capture = estate("staging")
    whole = Network(capture)
    words = ("Firewall", "SecurityGroup", "Route", "Subnet", "SecurityPolicy", "URLMap", "Backend", "Nat", "Vpc")
    for nonsense in (Unknown(), "nonsense", 7, ({"cidr": 7},), None):
        changed = tuple(
            replace(entry, inputs=dict.fromkeys(entry.inputs, nonsense))
            if any(word in entry.kind for word in words)
            else entry
            for entry in capture.registrations
        )
        network = Network(replace(capture, registrations=changed))

        assert difference(whole, network), "everything is gone, or perhaps there"


def test_networks_that_peer_with_each_other_in_a_ring_end() -> None:
    made = GoogleNetwork()
    other = made.add("gcp:compute/network:Network", "other")
    for name, one, two in (("a", made.network, other), ("b", other, made.network), ("c", other, other)):
        made.add("gcp:compute/networkPeering:NetworkPeering", name, network=one, peerNetwork=two)
    made.machine("one")

    assert not is_open(made, "the internet", "one", 22)
