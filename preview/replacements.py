"""Which changes make a cloud build a resource anew.

The SDKs carry no schema, so this is a reviewed table (preview/replacement_table.py) and a few rules. A property that is
missing here shows as an update; `pulumi preview` against the real cloud has the last word.
"""

import ipaddress
import re
from collections.abc import Mapping

from capture import Registration, Value
from preview.difference import PropertyChange
from preview.replacement_table import EVERYTHING, IMMUTABLE, NAME_CAN_CHANGE

IDENTITY: Mapping[str, tuple[str, ...]] = {
    "gcp": ("name", "project", "region", "zone", "location"),
    "aws": ("name", "namePrefix", "region"),
}
"""What places and names a resource of any type: both APIs address a resource by it."""


PLACED_BY: Mapping[str, tuple[str, ...]] = {"aws": ("allowedAccountIds", "region"), "gcp": ("project",)}
"""What a resource takes from its provider where it does not say it itself; another value is another place.

Providers plan the project and the region of a resource themselves, from their own configuration, and both force a new
resource (terraform-provider-google, tpgresource.DefaultProviderProject, in the CustomizeDiff of its resources; AWS
likewise since version 6). What lies in another account is not there for a provider at all, so it would be made anew.
"""


def forces_replacement(registration: Registration, change: PropertyChange) -> bool:
    """Whether the cloud can only make this change by making the resource anew."""
    path = re.sub(r"\[[^\]]*\]", "", change.path)
    if any(_covers(pattern, path) for pattern in registration.replace_on_changes):
        return True
    if path in IDENTITY.get(registration.cloud, ()) and registration.type not in NAME_CAN_CHANGE:
        return True
    rule = IMMUTABLE.get(registration.type)
    if rule is None:
        return False
    if any(_covers(pattern, path) for pattern in (*rule.documented, *rule.by_api)):
        return True
    if path in rule.shrinking:
        return _shrinks(change.old, change.new)
    return path in rule.if_asked and registration.inputs.get(rule.if_asked[path]) is True


def _covers(pattern: str, path: str) -> bool:
    """A property stands for all below it; a whole block that comes or goes takes its properties with it."""
    return pattern == EVERYTHING or path == pattern or path.startswith(f"{pattern}.") or pattern.startswith(f"{path}.")


def _shrinks(old: Value, new: Value) -> bool:
    if isinstance(old, int | float) and isinstance(new, int | float):
        return new < old
    if isinstance(old, str) and isinstance(new, str):
        return not _contains(new, old)
    return False


def _contains(outer: str, inner: str) -> bool:
    try:
        return ipaddress.IPv4Network(inner).subnet_of(ipaddress.IPv4Network(outer))
    except ValueError:
        return False
