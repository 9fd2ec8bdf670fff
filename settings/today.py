"""Today's date, for all that depends on it: the one place that asks the clock."""

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime

VARIABLE = "PACKYARD_TODAY"
"""Name of the environment variable that stands in for the clock, in tests and records, or for one urgent update."""


def today(environment: Mapping[str, str] = os.environ) -> date:
    """The day in UTC, or the one that PACKYARD_TODAY names. Raises ValueError where that is no date."""
    named = environment.get(VARIABLE, "")
    if not named:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(named)
    except ValueError:
        raise ValueError(f"{VARIABLE} is {named!r}, which is not a date. HINT: for example 2026-11-28") from None
