"""Which policy holds when."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from settings.runner_fleet.periods import CATCH_ALL_PERIOD, holds
from settings.runner_fleet.runner_config import Policy
from simulator.fleet import seconds_of

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy as numbers."""

    idle_count: int
    idle_seconds: float
    scale_factor: float
    scale_factor_limit: int
    preemptive: bool

    def idle(self, in_use: int) -> int:
        """Idle jobs' worth of VMs that are wanted beside those in use (GitLab Runner, autoscaler policy)."""
        if not self.scale_factor:
            return self.idle_count
        return max(self.idle_count, math.ceil(min(self.scale_factor * in_use, self.scale_factor_limit)))


NO_POLICY = Rule(0, 0.0, 0.0, 0, preemptive=False)
"""Where no policy holds, idle count and idle time are 0 (gitlab#552226)."""


class PolicyClock:
    """The rules of a fleet along simulated time, which begins at a moment of the calendar."""

    def __init__(self, policies: tuple[Policy, ...], begins: datetime) -> None:
        self._policies = policies
        self._rules = [_rule(policy) for policy in policies]
        self._offset = begins.timestamp()
        self._known: dict[int, Rule] = {}
        constant = policies and policies[-1].periods == (CATCH_ALL_PERIOD,)
        self._constant = self._rules[-1] if constant else None

    def at(self, seconds: float) -> Rule:
        """The rule that holds at a time."""
        if self._constant is not None:
            return self._constant
        minute = int((self._offset + seconds) // MINUTE)
        found = self._known.get(minute)
        if found is None:
            found = self._known[minute] = self._rule_in(minute)
        return found

    def changes(self, until: float) -> Iterator[float]:
        """The times after the beginning at which another rule begins to hold."""
        if self._constant is not None:
            return
        first = int(self._offset // MINUTE)
        before = self.at(0.0)
        for minute in range(first + 1, int((self._offset + until) // MINUTE) + 1):
            time = minute * MINUTE - self._offset
            if (rule := self.at(time)) is not before:
                yield time
                before = rule

    def _rule_in(self, minute: int) -> Rule:
        now = datetime.fromtimestamp(0, UTC) + timedelta(minutes=minute)
        for policy, rule in zip(reversed(self._policies), reversed(self._rules), strict=True):
            local = now.astimezone(ZoneInfo(policy.timezone))
            if any(holds(period, local) for period in policy.periods):
                return rule
        return NO_POLICY


def _rule(policy: Policy) -> Rule:
    return Rule(
        idle_count=policy.idle_count,
        idle_seconds=seconds_of(policy.idle_time),
        scale_factor=policy.scale_factor,
        scale_factor_limit=policy.scale_factor_limit,
        preemptive=policy.preemptive_mode,
    )
