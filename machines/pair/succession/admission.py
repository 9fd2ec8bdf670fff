"""Whether PostgreSQL may start as what PGDATA says: the rule of the guard, which looks at nothing but its argument."""

from dataclasses import dataclass

from pair import memory
from pair.server import postgresql
from pair.succession import fence

OVERRIDE_FILE = f"the file {memory.OVERRIDE.name} of the state folder"


@dataclass(frozen=True)
class StartConditions:
    """All that the decision depends on."""

    host: str
    epoch: int
    is_empty: bool = False
    is_standby: bool = False
    readings: tuple[fence.Reading, ...] = ()
    peer: postgresql.Role = postgresql.Role.AWAY
    override: str = ""
    """The person's reason; empty where there is none."""


@dataclass(frozen=True)
class Verdict:
    """Whether PostgreSQL may start."""

    allowed: bool
    reason: str
    hint: str = ""
    uses_override: bool = False
    nobody_answered: bool = False
    """Refused only for want of an answer, so that an answer may change it."""


def decide(conditions: StartConditions) -> Verdict:
    """The rule; it looks at nothing but its argument."""
    if conditions.is_empty:
        return Verdict(allowed=True, reason="PGDATA is empty")
    if conditions.is_standby:
        return Verdict(allowed=True, reason="a standby accepts no write")
    standing = fence.standing(conditions.host, conditions.epoch, conditions.readings)
    if standing is fence.Standing.OUTRANKED:
        token = fence.highest(conditions.readings)
        return Verdict(
            allowed=False,
            reason=f"{conditions.host} knows epoch {conditions.epoch}, and is outranked: {token}",
            hint="pairctl rejoin makes it the standby",
        )
    if standing is fence.Standing.FREE:
        return Verdict(allowed=True, reason=f"no token outranks {conditions.host}")
    if conditions.peer is postgresql.Role.STANDBY:
        return Verdict(allowed=True, reason="no repository can be read, and the peer is in recovery")
    if conditions.peer is postgresql.Role.PRIMARY:
        return Verdict(
            allowed=False,
            reason="no repository can be read, and the peer is the primary",
            hint="pairctl rejoin makes this host its standby",
        )
    if conditions.override:
        return Verdict(
            allowed=True, reason=f"no repository can be read; a person says: {conditions.override}", uses_override=True
        )
    return Verdict(
        allowed=False,
        reason="neither a repository nor the peer can be asked who the primary is",
        nobody_answered=True,
        hint=f"who is sure that the peer is no primary writes the reason into {OVERRIDE_FILE}",
    )
