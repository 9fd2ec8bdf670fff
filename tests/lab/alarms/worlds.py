"""Two hours and a half of what machines and clouds write: all is well, then something happens, or nothing does."""

from collections.abc import Iterator
from enum import Enum, auto
from typing import Any, cast

from capture import Capture
from lab.alarms import Line, Series, Span, Written
from lab.alarms.amazon_logs import count_lines
from lab.alarms.amazon_metrics import made_by_amazon
from lab.alarms.cloud_metric import MadeSeries
from lab.alarms.google_metrics import UPTIME, made_by_google
from lab.placement import document_of, machines_of, place_of
from lab.registered import uploaded
from tests.lab.alarms.audit_events import audit_lines
from tests.lab.alarms.meanings import CLOUD, LOG_LINE
from tests.lab.alarms.senders import NOW, Sent, sent_by_machines

MINUTE = 60
BEGIN = NOW - NOW % MINUTE
WATCHED = Span(BEGIN + 60 * MINUTE, BEGIN + 150 * MINUTE)
"""Alarms that look back half an hour see nothing but good before."""
ONSET = BEGIN + 100 * MINUTE
"""When it happens."""
FIRST, SECOND = 20, 40
"""Seconds of a minute in which points come: what is wrong is not so at every moment, and its worst counts."""


class Fault(Enum):
    """What happens."""

    NOTHING = auto()
    NO_WORKERS = auto()
    """Nothing, and the groups are empty."""
    WORSE = auto()
    """Everything that is measured gets worse."""
    SILENCE = auto()
    """The machines are down."""


class Worlds:
    """What is written in a stack."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self.sent: tuple[Sent, ...] = sent_by_machines(capture)
        self.made: tuple[MadeSeries, ...] = (*made_by_amazon(capture), *made_by_google(capture))
        self._documents = [document_of(place_of(name, capture), uploaded(capture)) for name in machines_of(capture)]

    def own_series(self) -> set[Series]:
        """All that machines write."""
        return {series for machine in self.sent for series in machine.well}

    def written(self, fault: Fault) -> Written:
        """The whole time."""
        written = Written()
        for minute in range(BEGIN, WATCHED.end + MINUTE, MINUTE):
            happens = minute >= ONSET
            for second in (FIRST, SECOND):
                is_wrong = happens and fault is Fault.WORSE and second == SECOND
                if not (happens and fault is Fault.SILENCE):
                    self._write_own(written, minute + second, is_wrong=is_wrong)
                self._write_made(written, minute + second, fault, happens=happens, is_wrong=is_wrong)
        if fault is Fault.WORSE:
            written.lines += self._lines()
        count_lines(self._capture, written)
        return written

    def _write_own(self, written: Written, time: int, *, is_wrong: bool) -> None:
        for machine in self.sent:
            for series, value in (machine.wrong if is_wrong else machine.well).items():
                written.write(series, time, value)

    def _write_made(self, written: Written, time: int, fault: Fault, *, happens: bool, is_wrong: bool) -> None:
        for made in self.made:
            kind = self._capture.by_urn[made.of].kind
            # The clouds write nothing of a machine that is down; a probe and a group go on.
            if happens and kind == "Instance" and (fault is Fault.SILENCE or self._is_down(made, fault)):
                continue
            value = 0 if fault is Fault.NO_WORKERS and self._is_of_group(made) else self._value(made, is_wrong=is_wrong)
            written.write(made.series, time, value)

    def _is_down(self, made: MadeSeries, fault: Fault) -> bool:
        """What is wrong with the uptime of a machine is that it has none."""
        return fault is Fault.WORSE and made.series.metric == UPTIME.metric

    def _is_of_group(self, made: MadeSeries) -> bool:
        return self._capture.by_urn[made.of].kind in ("Group", "InstanceGroupManager")

    def _value(self, made: MadeSeries, *, is_wrong: bool) -> float:
        if made.series.metric in CLOUD:
            return CLOUD[made.series.metric].wrong if is_wrong else CLOUD[made.series.metric].well
        if made.series.metric == UPTIME.metric:
            return self._age_limit(made) + 2 * 3600 if is_wrong and self._is_of_group(made) else 600
        full = self._most(made)
        if made.series.metric.endswith("/GroupInServiceInstances") and is_wrong:
            return 0
        return full if is_wrong else full - 1

    def _most(self, made: MadeSeries) -> float:
        """How many workers a group may have: as registered, else as the manager's document says."""
        entry = self._capture.by_urn[made.of]
        if "maxSize" in entry.inputs:
            return float(cast("float", entry.inputs["maxSize"]))
        runner = self._runner_of(str(entry.inputs["name"]))
        return float(runner["autoscaler"]["max_instances"])

    def _age_limit(self, made: MadeSeries) -> float:
        """Seconds that a worker of the group may live, as the manager's document says."""
        name = self._capture.by_urn[made.of].inputs["name"]
        for document in self._documents:
            limit = document["settings"].get("ageLimit")
            if limit and name in limit["groups"]:
                return limit["hours"] * 3600
        raise LookupError(f"no manager limits the age of {name}")

    def _runner_of(self, group: str) -> dict[str, Any]:
        (found,) = (
            runner
            for document in self._documents
            for runner in document["settings"].get("config", {}).get("runners", ())
            if runner["name"] == group
        )
        return found

    def _lines(self) -> Iterator[Line]:
        """The manager's words, in the log that its document names, and what is done to the estate itself."""
        yield from audit_lines(self._capture, ONSET + FIRST)
        for document in self._documents:
            if log := document["settings"].get("log"):
                reporting = document["reporting"]
                scope = reporting["region"] if document["cloud"] == "aws" else reporting["project"]
                yield Line(scope, log, ONSET + FIRST, LOG_LINE)
