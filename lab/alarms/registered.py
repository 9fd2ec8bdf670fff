"""Every registered alarm of both clouds, and who hears it."""

from collections.abc import Iterator

from capture import Capture, Registration
from lab.alarms import amazon_receivers, google_receivers
from lab.alarms.alarm import Alarm
from lab.alarms.amazon_alarms import ALARM, amazon_alarm
from lab.alarms.amazon_composite import COMPOSITE, composite_alarm
from lab.alarms.google_alarms import POLICY, google_alarm
from lab.errors import LabError


def alarms_of(capture: Capture) -> Iterator[Alarm]:
    """All of them. Raises LabError for one that the lab cannot evaluate, so that none is left out."""
    singles = {alarm.name: alarm for alarm in (amazon_alarm(entry, capture) for entry in capture.of_type(ALARM))}
    yield from singles.values()
    yield from (composite_alarm(entry, singles) for entry in capture.of_type(COMPOSITE))
    yield from (google_alarm(entry, capture) for entry in capture.of_type(POLICY))


def receivers_of(entry: Registration, capture: Capture) -> tuple[str, ...]:
    """Addresses that a notification of this alarm reaches, sorted; none where nobody is told."""
    match entry.type:
        case "aws:cloudwatch/metricAlarm:MetricAlarm" | "aws:cloudwatch/compositeAlarm:CompositeAlarm":
            found = amazon_receivers.receivers(entry, capture)
        case "gcp:monitoring/alertPolicy:AlertPolicy":
            found = google_receivers.receivers(entry, capture)
        case _:
            raise LabError(f"{entry.urn} is no alarm that the lab knows")
    return tuple(sorted(found))
