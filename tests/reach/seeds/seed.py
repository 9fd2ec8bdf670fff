"""What a seed is: a grant or an opening that somebody could make in a good estate, and who then gets what."""

from dataclasses import dataclass
from enum import StrEnum

from tests.reach.grants import Change


class Kind(StrEnum):
    """Where the change is made."""

    AWS = "grants on AWS"
    GCP = "grants on GCP"
    FEDERATION = "federation"
    MACHINES = "machine trust"
    NETWORK = "network"


@dataclass(frozen=True)
class Seed:
    """One change of production that gives somebody what he must not have."""

    name: str
    kind: Kind
    hops: int
    """Steps from who gets it to what he gets, the last one included."""
    change: Change
    who: str
    """Kind and name of who is told first, as messages begin."""
    gets: str
    """The right as the table says it, or the door as a comparison does; the beginning of it is enough."""
    reason: str
    """Why somebody would make it, or what it costs."""
