"""What must always hold: functions over a capture, one module per promise.

`check` runs them all. They know the recorded values alone, never how a component is written.
"""

from capture import Capture
from policies.policy import Finding, Policy, Violation
from policies.registry import POLICIES

__all__ = ["POLICIES", "Finding", "Policy", "Violation", "check"]


def check(capture: Capture) -> tuple[Violation, ...]:
    """Every violation of every policy, in the order of the policies and of the URNs."""
    return tuple(
        Violation(policy.__name__, finding.registration.urn, finding.message)
        for policy in POLICIES
        for finding in policy(capture)
    )
