"""What alarms of both clouds have in common: they look every minute, and ring or do not."""

from dataclasses import dataclass
from typing import Protocol

from capture import Registration
from lab.alarms.written import Series, Written

LOOK_SECONDS = 60
"""Both clouds look at an alarm once a minute."""


class Watch(Protocol):
    """An alarm at work: what it saw before decides what it makes of the next minute."""

    def look(self, written: Written, now: int) -> bool:
        """Whether it rings at `now`; called once a minute, in order."""
        ...


class Alarm(Protocol):
    """A registered alarm that can be tried."""

    @property
    def registration(self) -> Registration:
        """What was registered."""
        ...

    @property
    def is_about_a_value(self) -> bool:
        """Whether something that is written can set it off, and not only what is not."""
        ...

    def watch(self) -> Watch:
        """A new one that has seen nothing yet."""
        ...

    def watches(self, series: Series) -> bool:
        """Whether it looks at this series."""
        ...


@dataclass(frozen=True)
class Span:
    """A time in which an alarm is watched, in seconds."""

    begin: int
    end: int


def first_ring(alarm: Alarm, written: Written, span: Span) -> int | None:
    """When the alarm first rings in the span, if at all; before the span it had not been made."""
    watch = alarm.watch()
    for now in range(span.begin, span.end + 1, LOOK_SECONDS):
        if watch.look(written, now):
            return now
    return None
