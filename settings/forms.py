"""Forms of values: what a value must be beyond its plain type, said once for the check, the fault and the reference."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Any

from pydantic import AfterValidator, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue

from settings.addresses import PRIVATE_RANGES, is_private, special_purpose


@dataclass(frozen=True)
class Form(AfterValidator):
    """A check that names what it wants and shows an example; a part of `Annotated`.

    The check returns the value, or raises ValueError with what is wrong. The example becomes the hint of the fault.
    """

    what: str
    """In plain words, such as "a GCP zone"."""
    example: object
    """One value that is right."""

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema of the plain type with the example."""
        return {**handler(core_schema), "examples": [self.example]}


def pattern_type(pattern: str, what: str, example: str) -> Form:
    """Text that matches the whole pattern; `what` names the kind of value."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} is not {what}")
        return value

    return Form(check, what, example)


def short_name(longest: int, example: str) -> Form:
    """A short name that is legal in every physical name, tag and label."""
    return pattern_type(
        rf"[a-z]([a-z0-9-]{{0,{longest - 2}}}[a-z0-9])?",
        f"a short lower-case name (letters, digits, hyphens; {longest} at most)",
        example,
    )


def network_type(prefixes: range, what: str, example: str) -> Form:
    """A private IPv4 network in CIDR form whose prefix length lies in `prefixes`."""
    lengths = f"/{prefixes.start} to /{prefixes.stop - 1}"

    def check(value: str) -> str:
        network = _network(value)
        if not is_private(network):
            raise ValueError(f"{value} is not a private network (of {', '.join(PRIVATE_RANGES)})")
        if network.prefixlen not in prefixes:
            raise ValueError(f"{value} is not {what} ({lengths})")
        return value

    return Form(check, f"a private IPv4 network, {lengths}", example)


def any_network(value: str) -> str:
    """A check for any IPv4 network in CIDR form that is private or on the internet."""
    _refuse_special(_network(value))
    return value


NEVER_PUBLIC = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"),
    )
)
"""Ranges from which nobody comes over the internet (IANA, "IPv4 Special-Purpose Address Registry"). Those for
documentation are left out, since they stand for ranges that are still to be filled in."""


def public_network(value: str) -> str:
    """A check for an IPv4 network of the internet in CIDR form."""
    network = _network(value)
    for reserved in NEVER_PUBLIC:
        if network.subnet_of(reserved):
            raise ValueError(f"{value} lies in {reserved}, from which nobody comes over the internet")
    return value


def any_address(value: str) -> str:
    """A check for an IPv4 address that is private or on the internet."""
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not an IPv4 address: {error}") from None
    _refuse_special(ipaddress.IPv4Network(address))
    return value


def choice_type(allowed: tuple[int, ...], example: int) -> Form:
    """One of a few whole numbers."""
    listed = ", ".join(map(str, allowed))

    def check(value: int) -> int:
        if value not in allowed:
            raise ValueError(f"{value} is not one of {listed}")
        return value

    return Form(check, f"one of {listed}", example)


def _refuse_special(network: ipaddress.IPv4Network) -> None:
    purpose = special_purpose(network)
    if purpose is not None:
        text = network.network_address if network.num_addresses == 1 else network
        raise ValueError(f"{text} lies in {purpose}, where neither a network of ours nor anyone on the internet is")


def _network(value: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not an IPv4 network: {error}") from None
