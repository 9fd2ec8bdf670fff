"""Cloud Armor: who reaches the upload host, how often one address may ask past the cache, and what nobody gets."""

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


def rate_limit(component: Component, requests_per_minute: int) -> gcp.compute.SecurityPolicy:
    """Slows one address down that asks the server for too much. What the cache answers does not count."""
    throttle = gcp.compute.SecurityPolicyRuleArgs(
        action="throttle",
        priority=1000,
        description="Requests of one address past the cache",
        match=_sources(["*"]),
        rate_limit_options=gcp.compute.SecurityPolicyRuleRateLimitOptionsArgs(
            conform_action="allow",
            exceed_action="deny(429)",
            enforce_on_key="IP",
            rate_limit_threshold=gcp.compute.SecurityPolicyRuleRateLimitOptionsRateLimitThresholdArgs(
                count=requests_per_minute, interval_sec=60
            ),
        ),
    )
    return _policy(
        component, "public", "How often one address may ask the server", [throttle, _everybody_else("allow")]
    )


def denied_to_all(
    component: Component, hidden: Sequence[str], packages: Sequence[str], stopped: Sequence[str]
) -> gcp.compute.SecurityPolicy:
    """What nobody gets from the public host in any spelling: folders, single packages, stopped repositories.

    Of the kinds of policies this one alone is asked before a cache answers. It knows 403, 404 and 502 as answers, and
    502 tells clients to come again, as the URL map's own 503 does for a stopped repository in its plain spelling.
    """
    denied = [
        *(("deny(404)", "Not on the public host", each) for each in withdrawn.below(hidden)),
        *(("deny(502)", "Stopped repositories", each) for each in withdrawn.below(stopped)),
        *(("deny(404)", "Withdrawn packages", each) for each in withdrawn.expressions(packages)),
    ]
    rules = [
        gcp.compute.SecurityPolicyRuleArgs(
            action=action,
            priority=1000 + index,
            description=description,
            match=gcp.compute.SecurityPolicyRuleMatchArgs(
                expr=gcp.compute.SecurityPolicyRuleMatchExprArgs(expression=expression)
            ),
        )
        for index, (action, description, expression) in enumerate(denied)
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
