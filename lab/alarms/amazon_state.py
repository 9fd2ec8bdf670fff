"""How CloudWatch judges the data points of an alarm, missing ones too.

Amazon CloudWatch User Guide, "Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data". What it
makes of `ignore` and `missing`, with alarms that may come before their time, is not evaluated: none here may use them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

MORE_PERIODS = 2
"""CloudWatch fetches more periods than it judges. How many it does not say; in its own examples 5 for 3."""


class Missing(StrEnum):
    """What a period without data counts for."""

    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": lambda value, limit: value > limit,
    "GreaterThanOrEqualToThreshold": lambda value, limit: value >= limit,
    "LessThanThreshold": lambda value, limit: value < limit,
    "LessThanOrEqualToThreshold": lambda value, limit: value <= limit,
}


@dataclass(frozen=True)
class Judgement:
    """How many periods of what kind are an alarm."""

    comparison: str
    """A key of COMPARISONS."""
    threshold: float
    periods: int
    """How many are judged."""
    to_alarm: int
    """How many of these must be beyond the threshold."""
    missing: Missing

    @property
    def fetched(self) -> int:
        """How many periods are looked at."""
        return self.periods + MORE_PERIODS

    def is_alarm(self, points: Sequence[float | None]) -> bool:
        """Whether these periods are one, the oldest first; None is one without data.

        Missing ones are passed over while enough others were fetched, and count for what is set where too few were.
        """
        real = [COMPARISONS[self.comparison](point, self.threshold) for point in points if point is not None]
        filled = [self.missing is Missing.BREACHING] * (self.periods - len(real))
        return sum([*real, *filled][-self.periods :]) >= self.to_alarm
