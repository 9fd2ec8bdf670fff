"""Roles on AWS. The program makes each of them here, so that none is without the stack's name and its boundary."""

import pulumi
import pulumi_aws as aws

from components.component import Component

MANAGED_POLICIES = (
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEKSClusterPolicy",
    "AmazonEKSWorkerNodePolicy",
)
"""Policies of AWS that roles of the estate have. The deploy identity may attach these and no others."""


def bounded_role(
    component: Component,
    logical_name: str,
    *,
    trust: pulumi.Input[str],
    name: str | None = None,
    description: str | None = None,
    session_seconds: int | None = None,
    tags: dict[str, str] | None = None,
) -> aws.iam.Role:
    """A role that stays within the stack's boundary, whatever policies it is given later.

    `name` is the physical one; without it the logical name, behind prefix and stack, becomes it. A name that the
    engine makes up would begin alike in every stack, and the deploy identity is held to names that begin with its own.
    The roles of the pipelines themselves are not made here: only a person makes those.
    """
    context = component.context
    return aws.iam.Role(
        logical_name,
        name=name or context.physical_name(logical_name, kind="iam_role"),
        description=description,
        assume_role_policy=trust,
        max_session_duration=session_seconds,
        permissions_boundary=context.role_boundary,
        tags=tags or component.tags(),
        opts=component.child(),
    )
