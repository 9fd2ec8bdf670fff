"""The public zone that every public name of the stack lies in."""

from typing import Annotated

from pydantic import Field

from settings.base import Section
from settings.vocabulary import DnsName


class DnsSettings(Section):
    """The public zone that every public name of the stack lies in."""

    domain: Annotated[DnsName, Field(examples=["staging.packyard.example.com"])]
    """Name of the zone. The parent zone delegates it once (docs/bootstrap.md), and every public name of the stack ends
    in it."""
