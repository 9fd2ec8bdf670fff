"""Rules of the link between the clouds."""

from collections.abc import Iterator

from settings.faults import Fault, disagreement
from settings.link.section import HaVpnLink
from settings.stack import Settings


def link_ends_differ(settings: Settings) -> Iterator[Fault]:
    """BGP drops every route that already carries its own AS number."""
    link = settings.link
    if isinstance(link, HaVpnLink) and link.gcp_asn == link.aws_asn:
        yield disagreement(("link", "awsAsn"), ("link", "gcpAsn"), f"{link.aws_asn} is the AS number of both ends")


LINK_RULES = (link_ends_differ,)
