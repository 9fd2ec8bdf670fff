"""Values that a cloud, or its provider before any call, would refuse."""

from collections.abc import Iterator

from capture import Capture
from policies.limits.table import broken_limits, with_automatic_name
from policies.policy import Finding


def values_fit_their_limits(capture: Capture) -> Iterator[Finding]:
    """What an API refuses is learnt in the middle of an update, when half of the estate has changed."""
    for entry in capture.resources:
        for broken in broken_limits(entry.type, with_automatic_name(entry.type, entry.name, entry.inputs)):
            yield Finding(entry, f"{broken.path} {broken.wrong}. HINT: {broken.right}")
