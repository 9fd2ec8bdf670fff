"""What the real clouds refuse although the SDK accepts it: the table of policies/limits, and what is no limit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from capture.registration import Value
from policies.limits.table import broken_limits, with_automatic_name


@dataclass(frozen=True)
class Refusal:
    """One input that the API would refuse."""

    property: str
    reason: str


def refused_inputs(resource_type: str, name: str, inputs: Mapping[str, Value]) -> Iterator[Refusal]:
    """Every input of a resource that its cloud would refuse."""
    for broken in broken_limits(resource_type, with_automatic_name(resource_type, name, inputs)):
        yield Refusal(broken.path, f"{broken.path} {broken.wrong}; allowed: {broken.right}")
    if resource_type == "aws:autoscaling/group:Group":
        yield from _group_sizes(inputs)


def refused_deletion(resource_type: str, properties: Mapping[str, Value]) -> str:
    """Why the cloud refuses to delete a resource; empty where it does not."""
    switches = ("deletionProtection", "disableApiTermination", "deletionProtectionEnabled")
    if any(properties.get(switch) is True for switch in switches):
        return f"{resource_type} has deletion protection on; switch it off first"
    # pulumi-gcp refuses by itself where deletionPolicy says PREVENT.
    if properties.get("deletionPolicy") == "PREVENT":
        return f"{resource_type} has the deletion policy PREVENT; change it first"
    return ""


def _group_sizes(inputs: Mapping[str, Value]) -> Iterator[Refusal]:
    minimum, maximum = inputs.get("minSize"), inputs.get("maxSize")
    if isinstance(minimum, int) and isinstance(maximum, int) and minimum > maximum:
        yield Refusal("minSize", "may not be greater than maxSize")
    if inputs.get("launchTemplate") and inputs.get("mixedInstancesPolicy"):
        yield Refusal("launchTemplate", "may not be given together with mixedInstancesPolicy")
