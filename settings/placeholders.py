"""Values that stand for one's own: a stack with one of them could not be built, or would belong to nobody.

The stack files come with such values, so that they can be previewed before anybody has an account.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from settings.addresses import DOCUMENTATION_RANGES
from settings.faults import Fault, Path
from settings.raw import scalars

EXAMPLE_KEYS = (
    "AAAAC3NzaC1lZDI1NTE5AAAAIH49mCS/AZfbp489c13PT4RwApl99l9DA43kgAm1uZcU",
    "AAAAC3NzaC1lZDI1NTE5AAAAIObKEUUqPxagIj1M1lIPD6pItqHQzY163KrFuoZZHroA",
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMhUWEhbISS2cAgJ",
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDauzp4uysMkHIxC",
    "AAAAB3NzaC1yc2EAAAADAQABAAABgQC1cO1IfDO6",
    "AAAAB3NzaC1yc2EAAAADAQABAAABgQCsioYCQi6n",
)
"""How the public halves in the stack files as they come begin; their private halves were thrown away."""

EXAMPLE_IDS = frozenset({"1000001", "1000002", "2000002"})
"""Numbers of the projects at GitLab and GitHub in the stack files as they come."""

DOCUMENTATION = tuple(map(ipaddress.IPv4Network, DOCUMENTATION_RANGES))
"""Ranges that are nobody's (RFC 5737)."""


@dataclass(frozen=True)
class Placeholder:
    """One such value."""

    path: Path
    value: str
    kind: str
    """What it is instead of one's own, for example "a domain that is reserved for examples"."""


def placeholders(raw: Mapping[str, object]) -> Iterator[Placeholder]:
    """Every placeholder of a stack file, in its order; `raw` is as `settings.parse.parse` takes it."""
    for path, value in scalars(raw):
        kind = _kind(value) if isinstance(value, str) else None
        if kind is not None:
            yield Placeholder(path, str(value), kind)


def placeholder_faults(raw: Mapping[str, object]) -> Iterator[Fault]:
    """For a stack that is no example, every placeholder is a fault."""
    for each in placeholders(raw):
        shown = each.value if len(each.value) <= 60 else f"{each.value[:57]}..."
        yield Fault(each.path, f"{shown!r} is {each.kind}", "a value of your own; estate.example: true allows them")


def _kind(value: str) -> str | None:
    return next((kind for kind, is_one in KINDS if is_one(value)), None)


def _holds(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.search(value) is not None


def _is_for_documentation(value: str) -> bool:
    try:
        network = ipaddress.IPv4Network(value, strict=False)
    except ValueError:
        return False
    return any(network.subnet_of(reserved) for reserved in DOCUMENTATION)


def _is_an_example_key(value: str) -> bool:
    return value.partition(" ")[2].startswith(EXAMPLE_KEYS)


KINDS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    # RFC 2606 and RFC 6761.
    ("a domain that is reserved for examples", _holds(r"(?<![\w-])example\.(com|net|org)\b|\.example\b")),
    ("a name that says example", _holds(r"(?<![a-z0-9])example-")),
    ("an account of one digit alone", _holds(r"(?<!\d)(\d)\1{11}(?!\d)")),
    ("an id or a digest of zeros", _holds(r"(?<![0-9A-Fa-f])0{16,}")),
    ("a cost centre of zeros", _holds(r"^cc-0+$")),
    ("a range that is reserved for documentation", _is_for_documentation),
    ("a host key whose private half nobody has", _is_an_example_key),
    ("the project id of an example", lambda value: value in EXAMPLE_IDS),
)
"""What they are, and how each is known; the first that fits is told."""
