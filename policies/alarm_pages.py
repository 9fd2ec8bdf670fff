"""Alarms: what a notification says leads to a page, for whoever is woken by it."""

import re
from collections.abc import Iterator

from capture import Capture, Registration
from policies.policy import Finding
from policies.values import at, text

PAGE = re.compile(r"Runbook: (docs/runbooks/[\w/-]+\.md(?:#[\w-]+)?)$")
TEXTS = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": "alarmDescription",
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": "alarmDescription",
    "gcp:monitoring/alertPolicy:AlertPolicy": "documentation.content",
}
"""Where the text of an alarm is."""


def alarms_lead_to_a_page(capture: Capture) -> Iterator[Finding]:
    """At night a notification is all that somebody has; that the page exists is tested (tests/docs)."""
    for kind, path in TEXTS.items():
        for alarm in capture.of_type(kind):
            if not page_of(alarm):
                yield Finding(alarm, f'{path} names no page. HINT: end it with "Runbook: docs/runbooks/...md"')


def page_of(alarm: Registration) -> str:
    """The page that an alarm names, with its section; empty without one."""
    found = PAGE.search(text(at(alarm.inputs, TEXTS[alarm.type])))
    return found[1] if found else ""
