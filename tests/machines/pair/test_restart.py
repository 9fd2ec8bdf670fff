"""pairctl restart: which host gets a parameter first that a standby needs as its primary has it."""

import pytest
from pair.commands.restart import Pending, out_of_order

PEER = {"max_wal_senders": 10, "max_connections": 100}


@pytest.mark.parametrize(
    ("configured", "is_standby", "waits"),
    [
        (20, False, True),
        (20, True, False),
        (5, False, False),
        (5, True, True),
        (10, False, False),
        (10, True, False),
    ],
    ids=[
        "raised, on the primary",
        "raised, on the standby",
        "lowered, on the primary",
        "lowered, on the standby",
        "the standby has it already",
        "the primary has it already",
    ],
)
def test_a_standby_never_has_less_than_its_primary(configured: int, is_standby: bool, waits: bool) -> None:  # noqa: FBT001 -- a case
    faults = out_of_order((Pending("max_wal_senders", configured),), PEER, is_standby=is_standby)

    assert bool(faults) is waits


def test_what_waits_is_named_with_both_values() -> None:
    waiting = (Pending("max_wal_senders", 20), Pending("max_connections", 100))

    assert out_of_order(waiting, PEER, is_standby=False) == ["max_wal_senders = 20, there 10"]
