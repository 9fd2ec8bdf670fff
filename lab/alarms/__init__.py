"""Alarms of both clouds as they are registered, tried on series that were written: does it ring, when, and for whom.

It reads every alarm from a capture and refuses what it cannot evaluate, so that none is passed over. The rules are
those that the clouds document; docs/decisions/0027-an-evaluator-of-our-own.md says why no library does it.
"""

from lab.alarms.alarm import Alarm, Span, Watch, first_ring
from lab.alarms.registered import alarms_of, receivers_of
from lab.alarms.written import Line, Series, Written

__all__ = ["Alarm", "Line", "Series", "Span", "Watch", "Written", "alarms_of", "first_ring", "receivers_of"]
