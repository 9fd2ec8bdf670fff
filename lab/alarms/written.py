"""What was written: time series and lines of logs, as a cloud keeps them."""

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Series:
    """One time series, by all that its cloud tells it apart by."""

    scope: str
    """Project on GCP, region on AWS: an alarm sees nothing beyond its own."""
    metric: str
    """Metric type on GCP; namespace, a slash and the name on AWS."""
    labels: tuple[tuple[str, str], ...]
    """Sorted. Dimensions on AWS; on GCP `metric.<label>`, `resource.<label>` and `resource.type`."""

    @classmethod
    def of(cls, scope: str, metric: str, labels: Mapping[str, str]) -> "Series":
        """With its labels in order."""
        return cls(scope, metric, tuple(sorted(labels.items())))


class Wanted(Hashable, Protocol):
    """Says which series are meant."""

    def matches(self, series: Series) -> bool:
        """Whether this one is."""
        ...


@dataclass(frozen=True)
class Line:
    """A line of a log."""

    scope: str
    log: str
    """Log id on GCP, log group on AWS."""
    time: float
    text: str


@dataclass
class _Points:
    times: list[float] = field(default_factory=list[float])
    values: list[float] = field(default_factory=list[float])


class Written:
    """Points and lines in the order of their times, which are seconds."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._points: dict[Series, _Points] = {}
        self._matching: dict[Wanted, tuple[int, tuple[Series, ...]]] = {}
        """With how many series there were when they were sought."""

    def write(self, series: Series, time: float, value: float) -> None:
        """One more point. Raises ValueError for one that is older than the last: clouds refuse it or drop it."""
        points = self._points.setdefault(series, _Points())
        if points.times and time < points.times[-1]:
            raise ValueError(f"{series.metric}: a point of {time} after one of {points.times[-1]}")
        points.times.append(time)
        points.values.append(value)

    def series(self) -> Iterator[Series]:
        """All that were ever written."""
        yield from self._points

    def matching(self, wanted: Wanted) -> tuple[Series, ...]:
        """Those of them that are meant."""
        count, found = self._matching.get(wanted, (-1, ()))
        if count != len(self._points):
            found = tuple(series for series in self._points if wanted.matches(series))
            self._matching[wanted] = len(self._points), found
        return found

    def without(self, series: Series) -> "Written":
        """The same, had one series never begun."""
        rest = Written()
        rest.lines = self.lines
        rest._points = {each: points for each, points in self._points.items() if each != series}
        return rest

    def between(self, series: Series, after: float, until: float) -> list[float]:
        """Values with `after` < time <= `until`, the oldest first."""
        points = self._points.get(series, _Points())
        return points.values[bisect_right(points.times, after) : bisect_right(points.times, until)]

    def last_time(self, series: Series, until: float) -> float | None:
        """When the series was last written, as seen at `until`; None where it had not begun."""
        times = self._points.get(series, _Points()).times
        index = bisect_right(times, until)
        return times[index - 1] if index else None
