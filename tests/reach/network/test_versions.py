"""Whoever has an address of one version alone reaches none of the other, whatever no rule forbids."""

from reach.network import Network
from reach.network.judge import Answer
from reach.network.places import Internet, Machine
from tests.support import STACKS, estate


def answers_outside(network: Network) -> list[tuple[Machine, Answer]]:
    return [
        (place, answer)
        for (place, target), answers in network.matrix.items()
        if isinstance(place, Machine) and isinstance(target, Internet)
        for _, answer in answers
    ]


def test_a_machine_without_an_address_of_version_6_reaches_none() -> None:
    for stack in STACKS:
        found = answers_outside(Network(estate(stack)))
        fourth_alone = [
            (place, answer) for place, answer in found if not any(party.within.sixth for party in place.publics)
        ]

        assert fourth_alone
        assert [place.name for place, answer in fourth_alone if answer.destinations.sixth] == []
