"""Logs: kept for a known time, and kept at all."""

from collections.abc import Iterator

from capture import Capture
from policies.policy import Finding
from policies.values import at, related


def log_groups_expire(capture: Capture) -> Iterator[Finding]:
    """CloudWatch keeps logs for ever unless told otherwise, and bills them for ever."""
    for group in capture.of_type("aws:cloudwatch/logGroup:LogGroup"):
        if not group.inputs.get("retentionInDays"):
            yield Finding(group, "is kept for ever. HINT: retention_in_days from the settings")


def networks_log_their_flows(capture: Capture) -> Iterator[Finding]:
    """After a break-in, flow logs are the only record of where the data went."""
    for vpc in capture.of_type("aws:ec2/vpc:Vpc"):
        if not related(capture, vpc, "vpcId", "aws:ec2/flowLog:FlowLog"):
            yield Finding(vpc, "has no flow log. HINT: an aws.ec2.FlowLog with traffic_type ALL")
    for subnet in capture.of_type("gcp:compute/subnetwork:Subnetwork"):
        if not at(subnet.inputs, "logConfig.flowSampling") and subnet.inputs.get("purpose") in (None, "PRIVATE"):
            yield Finding(subnet, "has no flow logs. HINT: log_config with flow_sampling")
