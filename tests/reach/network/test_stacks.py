"""What is reached in the stacks: tiers apart, doors for those they are for, and a path that a person can read."""

from collections.abc import Iterator
from functools import cache
from time import process_time

import pytest

from capture import Capture
from reach.network import Network, UnknownNameError, answer_reaches, reaches, unjudged
from reach.network.places import Crowd, Front, Kind, Machine, Target
from reach.network.rules import Flow
from tests.reach.network.building import GoogleNetwork
from tests.support import STACKS, estate, variant

HA_VPN: dict[str, object] = {
    "kind": "haVpn",
    "gcpAsn": 64520,
    "awsAsn": 64521,
    "insideCidrs": ["169.254.20.0/30", "169.254.20.4/30", "169.254.20.8/30", "169.254.20.12/30"],
    "presharedKeys": ["first.key.AAAA", "second.key.BBBB", "third.key.CCCC", "fourth.key.DDDD"],
}

NODES = "node of cloud-native-nodes"

SLOWEST = 1.5
"""Seconds for everything that a stack reaches, after its capture."""


@cache
def network(stack: str, *, preview: bool = False) -> Network:
    return Network(estate(stack, preview=preview))


def workers(made: Network) -> Iterator[Machine]:
    return (each for each in made.machines if each.kind is Kind.WORKERS)


def reached_from_everywhere(made: Network) -> set[tuple[Target, Flow]]:
    """Doors that the whole internet may use."""
    return {
        (target, flow)
        for (place, target), answers in made.matrix.items()
        if isinstance(place, Crowd) and place.name == "the internet"
        for flow, answer in answers
        if answer.sources.is_wide
    }


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("preview", [False, True])
def test_a_job_reaches_what_everybody_does_and_nothing_of_another_tier(stack: str, *, preview: bool) -> None:
    made = network(stack, preview=preview)
    open_to_all = reached_from_everywhere(made)

    for (place, target), answers in made.matrix.items():
        if not isinstance(place, Machine) or place.kind is not Kind.WORKERS:
            continue
        for flow, _ in answers:
            if isinstance(target, Machine):
                assert (target, flow) in open_to_all, f"{place.words} reaches {target.words} at {flow}"
            if isinstance(target, Front) and (target, flow) not in open_to_all:
                assert place.trust == "publish", f"{place.words} reaches {target.name}"


def test_every_tier_has_workers_here() -> None:
    assert {each.trust for each in workers(network("production"))} == {"untrusted", "protected", "publish"}


def test_publish_jobs_upload_and_the_path_says_how() -> None:
    """From the worker by its NAT address, the list and the load balancer to the machine."""
    made = network("production")
    path = reaches(made, "shard-amd64-publish-blue", "package-server-upload", 443)

    assert path is not None
    by = [made.capture.by_urn[step.by].kind for step in path if step.by]
    assert by == [
        "SecurityGroupEgressRule",
        "Route",
        "Eip",
        "GlobalForwardingRule",
        "SecurityPolicy",
        "TargetHttpsProxy",
        "URLMap",
        "Firewall",
    ]
    for shard in ("shard-amd64-untrusted-blue", "shard-amd64-protected-blue", "shard-gcp-amd64-untrusted-b-blue"):
        assert reaches(made, shard, "package-server-upload", 443) is None
        assert reaches(made, shard, "packages.packyard.example.com", 443) is not None


def test_only_its_manager_logs_in_to_a_worker() -> None:
    made = network("production")
    for (place, target), answers in made.matrix.items():
        if isinstance(target, Machine) and target.kind is Kind.WORKERS:
            assert isinstance(place, Machine)
            assert place.component.startswith("runner"), place.words
            assert [flow for flow, _ in answers] == [Flow("tcp", 22, 22)]


def test_database_hosts_reach_each_other_by_their_tunnel_alone() -> None:
    made = network("production")
    carrier = reaches(made, "pg-a", "pg-b", 51820, "udp")
    inside = reaches(made, "pg-b", "10.200.1.1 of pg-a in the tunnel", 5432)

    assert carrier is not None
    assert reaches(made, "pg-a", "pg-b", 22) is not None, "the tunnel leads on, if the host lets it"
    assert inside is not None
    assert inside[-1].perhaps, "what passes inside of it is said on the machine"
    assert reaches(made, "dev-instance", "pg-b", 51820, "udp") is None
    assert reaches(made, "dev-instance", "pg-a", 5432) is None


def test_the_vpn_joins_the_networks_and_opens_no_port() -> None:
    apart, joined = network("production"), Network(variant("production", {"link": HA_VPN}))

    path = reaches(joined, NODES, "package-server", 1, "icmp")
    assert path is not None
    assert {"VpnConnection", "VPNTunnel"} <= {joined.capture.by_urn[step.by].kind for step in path if step.by}
    assert reaches(apart, NODES, "package-server", 1, "icmp") is None
    assert reaches(joined, NODES, "machine package-server", 8443) is None


@pytest.mark.parametrize("stack", STACKS)
def test_before_anything_exists_the_answers_are_the_same_but_for_what_stays_unknown(stack: str) -> None:
    """Ids and addresses are unknown at a first update, and rules that name them are for the same machines."""
    finished, first = _reached(network(stack)), _reached(network(stack, preview=True))

    assert {each for each in finished if " in the tunnel" not in each[1]} == first


def _reached(made: Network) -> set[tuple[str, str, str, str]]:
    """Place, target and flow of everything that is reached; hosts without their services, which are named later."""
    return {
        (place.words, target.name, str(flow), str(answer.sources) if isinstance(place, Crowd) else "")
        for (place, target), answers in made.matrix.items()
        if not isinstance(target, Front)
        for flow, answer in answers
    }


@pytest.mark.parametrize("stack", STACKS)
def test_everything_that_is_registered_of_networks_is_judged(stack: str) -> None:
    assert list(unjudged(estate(stack))) == []


def test_what_is_not_judged_is_listed() -> None:
    made = GoogleNetwork()
    cards = ({"subnetwork": made.subnet}, {"subnetwork": made.subnetwork("other", "10.9.0.0/24")})
    made.add("gcp:compute/instance:Instance", "router", networkInterfaces=cards)
    made.add("gcp:compute/route:Route", "back", network=made.network, nextHopInstance="router")
    made.add("gcp:compute/forwardingRule:ForwardingRule", "inside", loadBalancingScheme="INTERNAL")
    made.add("aws:lb/loadBalancer:LoadBalancer", "front")
    made.machine("plain")

    assert [step.by.rpartition("::")[2] for step in unjudged(made.capture())] == ["router", "back", "inside", "front"]


@pytest.mark.parametrize("stack", STACKS)
def test_places_that_are_judged_together_are_reached_as_each_by_itself(stack: str) -> None:
    made = network(stack)
    one_by_one = {
        (place.words, target.urn, flow)
        for target in made.targets
        for place in made.places
        for flow in made.flows(target)
        if made.answer(place, target, flow)
    }

    assert one_by_one == {
        (place.words, target.urn, flow) for (place, target), answers in made.matrix.items() for flow, _ in answers
    }


def test_every_step_of_every_path_names_what_is_registered() -> None:
    made = network("production")
    for answers in made.matrix.values():
        for _, answer in answers:
            assert answer.path
            assert all(step.by in made.capture.by_urn for step in answer.path if step.by)
            assert all(step.words for step in answer.path)


def test_a_door_knows_who_reaches_it() -> None:
    made = network("production")
    (door,) = (each for each in made.doors() if each.target == "machine pg-a" and each.flow.protocol == "udp")

    assert set(made.who_reaches(door)) == {"machine pg-b"}


def test_an_answer_by_hand_has_a_line_for_each_place() -> None:
    lines = answer_reaches(network("production"), "pg-a:51820/udp")

    assert [(line.place, line.target) for line in lines if not line.perhaps] == [("machine pg-b", "machine pg-a")]
    assert answer_reaches(network("production"), "upload.packyard.example.com:443")


@pytest.mark.parametrize(
    ("question", "hint"),
    [
        ("package-servr:443", "package-server"),
        ("pg-a:99999", "a number up to 65535"),
        ("pg-a:ssh", "a number up to 65535"),
        ("pg-a:22/tpc", "tcp"),
    ],
)
def test_a_misspelt_question_gets_what_would_be_right(question: str, hint: str) -> None:
    with pytest.raises(UnknownNameError, match=f"HINT.*{hint}"):
        answer_reaches(network("production"), question)


def test_everything_is_answered_in_little_time() -> None:
    capture: Capture = estate("production")
    began = process_time()
    assert Network(capture).matrix

    assert process_time() - began < SLOWEST
