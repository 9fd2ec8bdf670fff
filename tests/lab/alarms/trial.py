"""What every alarm must keep, whatever it watches: quiet while all is well, heard in time, and heard by somebody."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from capture import Capture
from lab.alarms import Alarm, Series, Span, Written, alarms_of, first_ring, receivers_of
from lab.alarms.amazon_receivers import is_part
from policies.alarms import AWS_MAY_BE_SILENT, GCP_MAY_BE_SILENT
from tests.lab.alarms.worlds import MINUTE, ONSET, WATCHED, Fault, Worlds

IN_TIME = 45 * MINUTE
"""A group may be full for half an hour; all else rings sooner."""
IN_TIME_TO_GET_UP = 30 * MINUTE
"""Of what is critical."""


@dataclass(frozen=True)
class Trial:
    """All alarms of a stack, and all that is written in it."""

    capture: Capture
    written: Mapping[Fault, Written]
    own: frozenset[Series]
    """What machines write."""
    made: frozenset[Series]
    """What clouds write."""

    @cached_property
    def alarms(self) -> tuple[Alarm, ...]:
        """Of both clouds."""
        return tuple(alarms_of(self.capture))

    def named(self, urn: str) -> Alarm:
        """One of them."""
        return next(alarm for alarm in self.alarms if alarm.registration.urn == urn)

    def faults(self, alarm: Alarm) -> Iterator[str]:
        """What an alarm does not keep, in sentences."""
        part = is_part(alarm.registration, self.capture)
        if self._rings(alarm, Fault.NO_WORKERS) or (not part and self._rings(alarm, Fault.NOTHING)):
            yield "rings while all is well"
        fault = Fault.WORSE if alarm.is_about_a_value else Fault.SILENCE
        yield from self._late(alarm, fault, "what it watches gets worse" if fault is Fault.WORSE else "it is silent")
        yield from self._faults_in_silence(alarm)
        if not receivers_of(alarm.registration, self.capture):
            yield "nobody is told"

    def _faults_in_silence(self, alarm: Alarm) -> Iterator[str]:
        own = {series for series in self.own if alarm.watches(series)}
        if own:
            yield from self._late(alarm, Fault.SILENCE, "its machine is silent")
            for series in sorted(own, key=str):
                if not self._hears_that_never_began(series):
                    yield f"nobody hears that {series.metric} never began"
        elif self._rings(alarm, Fault.SILENCE) is None:
            for series in sorted(self.made, key=str):
                if alarm.watches(series) and not _may_be_silent(series.metric):
                    yield f"stays quiet where {series.metric} stops, without a reason in policies/alarms.py"

    def _hears_that_never_began(self, series: Series) -> bool:
        """Any alarm that somebody hears."""
        rest = self.written[Fault.NOTHING].without(series)
        return any(
            alarm.watches(series)
            and receivers_of(alarm.registration, self.capture)
            and first_ring(alarm, rest, WATCHED) is not None
            for alarm in self.alarms
        )

    def _late(self, alarm: Alarm, fault: Fault, when: str) -> Iterator[str]:
        rang = self._rings(alarm, fault)
        allowed = IN_TIME_TO_GET_UP if _is_critical(alarm) else IN_TIME
        if rang is None:
            yield f"does not ring while {when}"
        elif rang > ONSET + allowed:
            yield f"rings {(rang - ONSET) // MINUTE} minutes after {when}, not {allowed // MINUTE}"

    def _rings(self, alarm: Alarm, fault: Fault) -> int | None:
        return first_ring(alarm, self.written[fault], Span(WATCHED.begin, WATCHED.end))


def trial_of(capture: Capture) -> Trial:
    """With everything that is written in the capture."""
    worlds = Worlds(capture)
    made = frozenset(made.series for made in worlds.made)
    return Trial(capture, {fault: worlds.written(fault) for fault in Fault}, frozenset(worlds.own_series()), made)


def _is_critical(alarm: Alarm) -> bool:
    """CloudWatch knows no severity, so it leads the text."""
    inputs = alarm.registration.inputs
    return inputs.get("severity") == "CRITICAL" or str(inputs.get("alarmDescription")).startswith("CRITICAL")


def _may_be_silent(metric: str) -> bool:
    return metric in GCP_MAY_BE_SILENT or metric.rpartition("/")[0] in AWS_MAY_BE_SILENT
