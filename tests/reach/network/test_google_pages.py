"""Firewall rules of Google Cloud: questions with the answers that its pages give.

Pages of the Virtual Private Cloud and Cloud NAT documentation, read on 28 November 2026.
"""

from tests.reach.network.asking import is_open
from tests.reach.network.building import GoogleNetwork

EVERYBODY = "0.0.0.0/0"


def test_without_a_rule_nothing_comes_in_and_everything_goes_out() -> None:
    """'VPC firewall rules', "Implied rules", 2026-11-28: deny ingress and allow egress, of the lowest priority."""
    made = GoogleNetwork()
    made.machine("one", address="198.51.100.1")
    made.machine("two")

    assert not is_open(made, "the internet", "one", 22)
    assert not is_open(made, "two", "one", 22), "also within the network"
    assert is_open(made, "one", "192.0.2.1", 443)
    assert is_open(made, "one", "192.0.2.1", 53, "udp")


def test_a_rule_without_sources_is_for_everybody() -> None:
    """'compute API, firewalls', sourceRanges, 2026-11-28."""
    made = GoogleNetwork()
    made.machine("web", address="198.51.100.1")
    made.rule("open", "allows", "tcp", "443")

    assert is_open(made, "the internet", "web", 443)
    assert not is_open(made, "the internet", "web", 444)
    assert not is_open(made, "the internet", "web", 443, "udp")


def test_the_lower_number_wins() -> None:
    """'VPC firewall rules', "Priority", 2026-11-28."""
    for allowing, expected in ((900, True), (1100, False)):
        made = GoogleNetwork()
        made.machine("web", address="198.51.100.1")
        made.rule("open", "allows", "tcp", "443", sourceRanges=(EVERYBODY,), priority=allowing)
        made.rule("shut", "denies", "all", sourceRanges=(EVERYBODY,), priority=1000)

        assert is_open(made, "the internet", "web", 443) is expected


def test_of_one_priority_the_denial_wins() -> None:
    """'VPC firewall rules', "Priority", 2026-11-28: a denial overrides what allows, if both have one priority."""
    made = GoogleNetwork()
    made.machine("web", address="198.51.100.1")
    made.rule("open", "allows", "tcp", "443", sourceRanges=(EVERYBODY,))
    made.rule("shut", "denies", "tcp", "443", sourceRanges=(EVERYBODY,), priority=1000)

    assert not is_open(made, "the internet", "web", 443), "1000 is the priority of a rule that names none"


def test_a_denial_of_a_part_leaves_the_rest() -> None:
    """'VPC firewall rules', "Priority", 2026-11-28: the rule of the highest priority that fits the packet."""
    made = GoogleNetwork()
    made.machine("web", address="198.51.100.1")
    made.rule("open", "allows", "tcp", "443", sourceRanges=(EVERYBODY,))
    made.rule("shut", "denies", "tcp", sourceRanges=("203.0.113.0/24",), priority=10)

    assert is_open(made, "192.0.2.7", "web", 443)
    assert not is_open(made, "203.0.113.7", "web", 443)


def test_a_disabled_rule_is_none() -> None:
    """'VPC firewall rules', "Enforcement", 2026-11-28."""
    made = GoogleNetwork()
    made.machine("web", address="198.51.100.1")
    made.rule("open", "allows", "tcp", "443", sourceRanges=(EVERYBODY,), disabled=True)

    assert not is_open(made, "the internet", "web", 443)


def test_a_rule_is_for_its_targets_alone() -> None:
    """'VPC firewall rules', "Targets", 2026-11-28: by network tag or service account, else every machine."""
    made = GoogleNetwork()
    made.machine("web", "web", address="198.51.100.1")
    made.machine("bare", address="198.51.100.2")
    made.machine("known", address="198.51.100.3", account="known@example.com")
    made.rule("by-tag", "allows", "tcp", "443", sourceRanges=(EVERYBODY,), targetTags=("web",))
    made.rule(
        "by-account",
        "allows",
        "tcp",
        "80",
        sourceRanges=(EVERYBODY,),
        targetServiceAccounts=("known@example.com",),
    )

    assert [name for name in ("web", "bare", "known") if is_open(made, "the internet", name, 443)] == ["web"]
    assert [name for name in ("web", "bare", "known") if is_open(made, "the internet", name, 80)] == ["known"]


def test_a_source_by_tag_or_account_is_a_machine_of_the_network() -> None:
    """'VPC firewall rules', "Sources", 2026-11-28: a tag stands for the private addresses of machines that have it."""
    made = GoogleNetwork()
    made.machine("manager", "manager")
    made.machine("known", account="known@example.com")
    made.machine("stranger", address="198.51.100.9")
    made.machine("worker", "worker")
    made.rule("ssh", "allows", "tcp", "22", sourceTags=("manager",), targetTags=("worker",))
    made.rule("metrics", "allows", "tcp", "9100", sourceServiceAccounts=("known@example.com",), targetTags=("worker",))

    assert is_open(made, "manager", "worker", 22)
    assert is_open(made, "known", "worker", 9100)
    assert not is_open(made, "stranger", "worker", 22)
    assert not is_open(made, "manager", "worker", 9100)
    assert not is_open(made, "the internet", "worker", 22)


def test_ranges_and_tags_of_one_rule_are_either_or() -> None:
    """'VPC firewall rules', "Sources", 2026-11-28: sources of both kinds are joined by "or"."""
    made = GoogleNetwork()
    made.machine("manager", "manager")
    made.machine("web", "web", address="198.51.100.1")
    made.rule(
        "open", "allows", "tcp", "443", sourceTags=("manager",), sourceRanges=("192.0.2.0/24",), targetTags=("web",)
    )

    assert is_open(made, "manager", "web", 443)
    assert is_open(made, "192.0.2.9", "web", 443)
    assert not is_open(made, "203.0.113.9", "web", 443)


def test_a_source_by_tag_has_no_public_address() -> None:
    """'VPC firewall rules', "Sources", 2026-11-28: who asks a public address comes from one, and no tag means it."""
    made = GoogleNetwork()
    other = made.add("gcp:compute/network:Network", "other", autoCreateSubnetworks=False)
    made.machine("manager", "manager", address="198.51.100.5", subnet=made.subnetwork("far", "10.9.0.0/24", other))
    made.machine("web", "web", address="198.51.100.1")
    made.rule("open", "allows", "tcp", "443", sourceTags=("manager",), targetTags=("web",))

    assert not is_open(made, "manager", "web", 443)


def test_egress_is_denied_where_a_rule_says_so() -> None:
    """'VPC firewall rules', "Direction of traffic" and "Priority", 2026-11-28."""
    made = GoogleNetwork()
    made.machine("worker", "worker", address="198.51.100.1")
    out = {"direction": "EGRESS", "targetTags": ("worker",)}
    made.rule("private", "denies", "all", destinationRanges=("10.0.0.0/8",), priority=100, **out)
    made.rule("web", "allows", "tcp", "443", destinationRanges=(EVERYBODY,), priority=200, **out)
    made.rule("rest", "denies", "all", destinationRanges=(EVERYBODY,), priority=300, **out)
    made.machine("inside")
    made.rule("in", "allows", "tcp", "443", sourceRanges=(EVERYBODY,))

    assert is_open(made, "worker", "192.0.2.1", 443)
    assert not is_open(made, "worker", "192.0.2.1", 80)
    assert not is_open(made, "worker", "inside", 443), "the destination is private"
    assert is_open(made, "inside", "worker", 443), "answers need no rule"


def test_metadata_are_always_reached() -> None:
    """'VPC firewall rules', "Always allowed traffic", 2026-11-28: a machine and its metadata server."""
    made = GoogleNetwork()
    made.machine("worker", "worker")
    made.rule("shut", "denies", "all", destinationRanges=(EVERYBODY,), direction="EGRESS")

    assert is_open(made, "worker", "metadata of worker", 80)
    assert not is_open(made, "worker", "192.0.2.1", 80)


def test_networks_are_apart_unless_both_sides_peer() -> None:
    """'VPC Network Peering', "Specifications", 2026-11-28: active once both networks have a peering."""
    for sides, expected in ((0, False), (1, False), (2, True)):
        made = GoogleNetwork()
        other = made.add("gcp:compute/network:Network", "other", autoCreateSubnetworks=False)
        made.machine("near")
        made.machine("far", subnet=made.subnetwork("beyond", "10.9.0.0/24", other))
        made.rule("in", "allows", "tcp", "443", sourceRanges=("10.9.0.0/24",))
        kind = "gcp:compute/networkPeering:NetworkPeering"
        for one, two in ((made.network, other), (other, made.network))[:sides]:
            made.add(kind, f"peering-{one[-3:]}", network=one, peerNetwork=two)

        assert is_open(made, "far", "near", 443) is expected


def test_a_machine_without_an_address_needs_cloud_nat() -> None:
    """'Cloud NAT overview', "Specifications", 2026-11-28: for listed subnets, and machines without an address."""
    made = GoogleNetwork()
    listed, bare = made.subnetwork("listed", "10.0.1.0/24"), made.subnetwork("bare", "10.0.2.0/24")
    made.machine("behind", subnet=listed)
    made.machine("own", subnet=listed, address="198.51.100.1")
    made.machine("without", subnet=bare)
    router = made.add("gcp:compute/router:Router", "router", network=made.network)
    address = made.add("gcp:compute/address:Address", "nat", {"address": "203.0.113.5"}, addressType="EXTERNAL")
    made.add(
        "gcp:compute/routerNat:RouterNat",
        "nat",
        router=router,
        natIps=(address,),
        sourceSubnetworkIpRangesToNat="LIST_OF_SUBNETWORKS",
        subnetworks=({"name": listed},),
    )
    made.machine("door", "door", address="198.51.100.9", subnet=bare)
    made.rule("by-nat", "allows", "tcp", "443", sourceRanges=("203.0.113.5/32",), targetTags=("door",))

    assert is_open(made, "behind", "192.0.2.1", 443)
    assert not is_open(made, "without", "192.0.2.1", 443)
    assert is_open(made, "behind", "door", 443), "it is seen as the address of NAT"
    assert not is_open(made, "own", "door", 443), "it leaves by its own address"


def test_identity_aware_proxy_comes_from_its_range() -> None:
    """'Using IAP for TCP forwarding', "Create a firewall rule", 2026-11-28: 35.235.240.0/20, to the private address."""
    made = GoogleNetwork()
    made.machine("one", "ssh")
    made.machine("two")
    made.rule("iap", "allows", "tcp", "22", sourceRanges=("35.235.240.0/20",), targetTags=("ssh",))

    assert is_open(made, "Identity-Aware Proxy", "one", 22)
    assert not is_open(made, "Identity-Aware Proxy", "two", 22)
    assert not is_open(made, "the internet", "one", 22)


def test_protocols_are_numbers_too_and_ports_are_ranges() -> None:
    """'compute API, firewalls', allowed[].IPProtocol and ports, 2026-11-28."""
    made = GoogleNetwork()
    made.machine("web", address="198.51.100.1")
    made.rule("six", "allows", "6", "8000-8010", sourceRanges=(EVERYBODY,))

    assert [is_open(made, "the internet", "web", port) for port in (7999, 8000, 8010, 8011)] == [
        False,
        True,
        True,
        False,
    ]


def test_halves_of_the_world_are_the_world() -> None:
    """Ranges are sets: 'compute API, firewalls', sourceRanges, 2026-11-28."""
    made = GoogleNetwork()
    made.machine("web", address="198.51.100.1")
    made.rule("half", "allows", "tcp", "443", sourceRanges=("0.0.0.0/1", "128.0.0.0/1"))

    assert is_open(made, "192.0.2.7", "web", 443)
    assert is_open(made, "9.9.9.9", "web", 443)
