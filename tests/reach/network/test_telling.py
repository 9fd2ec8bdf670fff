"""Who reaches a port, as `make who REACHES=...` prints it, for people and for programs."""

import json

from reach.network import Network, answer_reaches
from reach.network.telling import reached_as_json, reached_lines
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
