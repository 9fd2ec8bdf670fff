"""Metrics that a cloud makes by itself: what it calls them, how often they come, and where it says so."""

from dataclasses import dataclass

from lab.alarms.written import Series


@dataclass(frozen=True)
class CloudMetric:
    """One metric, as its cloud documents it."""

    metric: str
    """As in Series.metric."""
    labels: tuple[str, ...]
    """All that it comes with, as in Series.labels."""
    seconds: int
    """How often it comes."""
    source: str
    """Page and date on which it was read."""


@dataclass(frozen=True)
class MadeSeries:
    """A series that the cloud makes of a registered resource."""

    of: str
    """URN of the resource."""
    series: Series
    seconds: int
    """How often it comes."""
