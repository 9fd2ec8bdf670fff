"""One question, as the tests of pages ask it."""

from reach.network import Network, reaches
from tests.reach.network.building import Building


def is_open(made: Building, place: str, address: str, port: int, protocol: str = "tcp") -> bool:
    """Whether a place surely reaches it."""
    path = reaches(Network(made.capture()), place, address, port, protocol)
    return path is not None and not any(step.perhaps for step in path)


def doubt(made: Building, place: str, address: str, port: int) -> str:
    """The doubt of an answer that is not sure; empty for one that is, and where it does not reach it."""
    path = reaches(Network(made.capture()), place, address, port)
    return next((step.perhaps for step in path or () if step.perhaps), "")
