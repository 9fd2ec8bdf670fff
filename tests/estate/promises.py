"""What holds of every valid stack file, whatever it says."""

from capture import Capture, Unknown
from capture.registration import leaves
from policies import check


def broken_promises(capture: Capture) -> list[str]:
    """Policies that are violated, and inputs that are still unknown although everything exists; a line each."""
    return [*map(str, check(capture)), *_unknown(capture)]


def _unknown(capture: Capture) -> list[str]:
    return [
        f"{entry.urn}: {path} is unknown: add its answer to capture/replies.py"
        for entry in capture.registrations
        for path, value in leaves(entry.inputs)
        if value is None or isinstance(value, Unknown)
    ]
