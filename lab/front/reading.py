"""Reads the inputs of a front."""

from collections.abc import Mapping

from capture import Value
from reach.values import block


def at(values: Mapping[str, Value], path: str) -> Mapping[str, Value]:
    """The nested block at a dotted path, for example "routeAction.urlRewrite"; empty where there is none."""
    for part in path.split("."):
        values = block(values.get(part))
    return values
