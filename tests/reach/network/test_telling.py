"""Who reaches a port, as `make who REACHES=...` prints it, for people and for programs."""

import json

from reach.network import Network, answer_reaches, unjudged
from reach.network.telling import reached_as_json, reached_lines
from tests.reach.network.changes import found as registered
from tests.reach.network.changes import made
from tests.support import estate

ASKED = "pg-b:5432"


def test_a_place_is_told_with_its_way_and_its_doubt() -> None:
    found = answer_reaches(Network(estate("production")), ASKED)

    first, _, second, *way = reached_lines(ASKED, found).splitlines()
    assert first == f"{ASKED}: reached by 1"
    assert second.startswith("machine pg-a reaches ")
    assert second.endswith("(perhaps)"), "what passes inside of the tunnel is said on the machine"
    assert any("pg-b-document" in line for line in way)


def test_nobody_is_an_answer() -> None:
    assert reached_lines(ASKED, ()) == f"{ASKED}: reached by nobody"


def test_programs_read_places_and_steps() -> None:
    found = answer_reaches(Network(estate("production")), ASKED)

    (way,) = json.loads(reached_as_json(ASKED, found))["ways"]
    assert way["place"] == "machine pg-a"
    assert not way["sure"]
    assert all(step["words"] for step in way["path"])


def test_what_is_not_judged_is_told_with_the_answer_and_nothing_where_all_is() -> None:
    capture = estate("production")
    inside = {**registered(capture, "GlobalForwardingRule", "package-server-https-ipv4").inputs}
    inside["loadBalancingScheme"] = "INTERNAL_MANAGED"
    more = made(("GlobalForwardingRule", "package-server-https-ipv4"), "inside", inside, {})(capture)

    assert "Not judged" not in reached_lines(ASKED, (), tuple(unjudged(capture)))
    told = reached_lines(ASKED, (), tuple(unjudged(more)))
    assert "inside is a load balancer inside of a network, which is not judged" in told
    (step,) = json.loads(reached_as_json(ASKED, (), tuple(unjudged(more))))["unjudged"]
    assert step["by"].endswith("::inside")
