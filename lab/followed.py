"""Refuses what is registered and not followed by the lab: passed over, it would prove something else."""

from collections.abc import Iterable, Mapping

from capture import Value
from lab.errors import LabError


def known_alone(values: Mapping[str, Value], known: Iterable[str], where: str) -> None:
    """Raises LabError for an input that nothing here evaluates."""
    unknown = sorted({key for key, value in values.items() if value not in (None, (), {})} - set(known))
    if unknown:
        raise LabError(f"{where}: the lab does not follow {', '.join(unknown)}. HINT: teach it, in lab/")
