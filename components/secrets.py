"""Empty secrets: Pulumi makes the place and says who may read it; an operator or a machine puts the value there.

A value that passed through Pulumi would lie in its state (design, section 5).
"""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws
import pulumi_gcp as gcp

from components.component import Component


def empty_gcp_secret(
    component: Component, name: str, readers: Mapping[str, pulumi.Input[str]]
) -> gcp.secretmanager.Secret:
    """A Secret Manager secret without a version. `readers` maps a logical name to an IAM member that may read it."""
    secret = gcp.secretmanager.Secret(
        f"{component.name}-{name}",
        secret_id=component.context.physical_name(component.name, name, kind="secret"),
        replication=gcp.secretmanager.SecretReplicationArgs(auto=gcp.secretmanager.SecretReplicationAutoArgs()),
        deletion_protection=component.context.protected,
        labels=component.labels(),
        opts=component.stateful(),
    )
    for reader, member in readers.items():
        gcp.secretmanager.SecretIamMember(
            f"{component.name}-{name}-{reader}",
            secret_id=secret.id,
            role="roles/secretmanager.secretAccessor",
            member=member,
            opts=component.child(),
        )
    return secret


def empty_aws_secret(component: Component, name: str) -> aws.secretsmanager.Secret:
    """A Secrets Manager secret without a value; a reader needs `secretsmanager:GetSecretValue` on its ARN."""
    return aws.secretsmanager.Secret(
        f"{component.name}-{name}",
        name=component.context.physical_name(component.name, name, kind="secret"),
        # AWS keeps a deleted secret for this many days, the longest it allows.
        recovery_window_in_days=30,
        tags=component.tags(),
        opts=component.stateful(),
    )
