"""Empty secrets: Pulumi makes the place and says who may read it; an operator or a machine puts the value there.

A value that passed through Pulumi would lie in its state (design, section 5).
"""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws
import pulumi_gcp as gcp

from components.component import Component
from components.iam import Statement


def empty_gcp_secret(component: Component, name: str) -> gcp.secretmanager.Secret:
    """A Secret Manager secret without a version, which nobody may read yet."""
    return gcp.secretmanager.Secret(
        f"{component.name}-{name}",
        secret_id=component.context.physical_name(component.name, name, kind="secret"),
        replication=gcp.secretmanager.SecretReplicationArgs(auto=gcp.secretmanager.SecretReplicationAutoArgs()),
        deletion_protection=component.context.protected,
        labels=component.labels(),
        opts=component.stateful(),
    )


def let_read_gcp_secrets(
    component: Component, member: pulumi.Input[str], secrets: Mapping[str, gcp.secretmanager.Secret]
) -> None:
    """Lets one IAM member read the values of secrets, by the logical names of the grants."""
    for name, secret in secrets.items():
        gcp.secretmanager.SecretIamMember(
            name,
            secret_id=secret.id,
            role="roles/secretmanager.secretAccessor",
            member=member,
            opts=component.child(),
        )


def empty_aws_secret(component: Component, name: str) -> aws.secretsmanager.Secret:
    """A Secrets Manager secret without a value; its readers have `read_aws_secrets` in their policy."""
    return aws.secretsmanager.Secret(
        f"{component.name}-{name}",
        name=component.context.physical_name(component.name, name, kind="secret"),
        # AWS keeps a deleted secret for this many days, the longest it allows.
        recovery_window_in_days=30,
        tags=component.tags(),
        opts=component.stateful(),
    )


def read_aws_secrets(sid: str, arns: Sequence[pulumi.Input[str]]) -> Statement:
    """Lets the role that has the statement read the values of secrets."""
    return Statement(sid=sid, actions=["secretsmanager:GetSecretValue"], resources=arns)
