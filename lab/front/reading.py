"""Reads the inputs of a front, and refuses those that nothing here follows."""

from collections.abc import Iterable, Mapping

from capture import Value
from lab.errors import LabError
from reach.values import block


def at(values: Mapping[str, Value], path: str) -> Mapping[str, Value]:
    """The nested block at a dotted path, for example "routeAction.urlRewrite"; empty where there is none."""
    for part in path.split("."):
        values = block(values.get(part))
    return values


def known_alone(values: Mapping[str, Value], known: Iterable[str], where: str) -> None:
    """Raises LabError for an input that the lab does not follow: passed over, a client would see something else."""
    unknown = sorted({key for key, value in values.items() if value not in (None, "", (), {})} - set(known))
    if unknown:
        raise LabError(f"{where}: the lab does not follow {', '.join(unknown)}. HINT: teach lab/front")
