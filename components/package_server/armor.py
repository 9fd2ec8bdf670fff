"""Cloud Armor: who reaches the upload host, and what nobody gets from the public one.

What reads a bucket can't be throttled: backend buckets take policies of the edge alone, which deny and never count.
"""

from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp

from components.component import Component
from settings.package_server import withdrawn

LAST_PRIORITY = 2147483647
"""Priority of the rule that every policy must end with."""

RANGES_PER_RULE = 10
"""A rule takes ten source ranges at most (Google, Cloud Armor quotas)."""


def upload_allow_list(
    component: Component, cidrs: Sequence[str], addresses: Sequence[pulumi.Input[str]]
) -> gcp.compute.SecurityPolicy:
    """Lets the listed networks and addresses in and nobody else."""
    sources = [*cidrs, *(pulumi.Output.concat(address, "/32") for address in addresses)]
    rules = [
        gcp.compute.SecurityPolicyRuleArgs(
            action="allow",
            priority=1000 + index,
            description="Networks that may upload",
            match=_sources(sources[start : start + RANGES_PER_RULE]),
        )
        for index, start in enumerate(range(0, len(sources), RANGES_PER_RULE))
    ]
    return _policy(component, "upload", "Who reaches the upload host", [*rules, _everybody_else("deny(403)")])


def denied_to_all(
    component: Component, packages: Sequence[str], repositories: Sequence[str]
) -> gcp.compute.SecurityPolicy:
    """What nobody gets from the public host in any spelling: withdrawn packages, and what no file is called.

    Of the kinds of policies this one alone is asked before a cache answers, and for a bucket at all.
    """
    denied = [
        ("No name of a file", withdrawn.NO_NAME),
        *(("Withdrawn packages", each) for each in withdrawn.expressions(packages, repositories)),
    ]
    rules = [
        gcp.compute.SecurityPolicyRuleArgs(
            action="deny(404)",
            priority=1000 + index,
            description=description,
            match=gcp.compute.SecurityPolicyRuleMatchArgs(
                expr=gcp.compute.SecurityPolicyRuleMatchExprArgs(expression=expression)
            ),
        )
        for index, (description, expression) in enumerate(denied)
    ]
    return _policy(component, "edge", "What nobody gets", [*rules, _everybody_else("allow")], kind="CLOUD_ARMOR_EDGE")


def _policy(
    component: Component,
    what: str,
    description: str,
    rules: list[gcp.compute.SecurityPolicyRuleArgs],
    *,
    kind: str = "CLOUD_ARMOR",
) -> gcp.compute.SecurityPolicy:
    return gcp.compute.SecurityPolicy(
        f"{component.name}-{what}",
        name=component.context.physical_name(component.name, what, kind="gce"),
        description=description,
        type=kind,
        rules=rules,
        labels=component.labels(),
        opts=component.child(),
    )


def _everybody_else(action: str) -> gcp.compute.SecurityPolicyRuleArgs:
    return gcp.compute.SecurityPolicyRuleArgs(
        action=action, priority=LAST_PRIORITY, description="Everybody else", match=_sources(["*"])
    )


def _sources(ranges: Sequence[pulumi.Input[str]]) -> gcp.compute.SecurityPolicyRuleMatchArgs:
    return gcp.compute.SecurityPolicyRuleMatchArgs(
        versioned_expr="SRC_IPS_V1", config=gcp.compute.SecurityPolicyRuleMatchConfigArgs(src_ip_ranges=ranges)
    )
