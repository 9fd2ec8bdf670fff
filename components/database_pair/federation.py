"""The host on AWS as a principal of Google, without a key: workload identity federation.

The mirror image of the role that the host on GCP has on AWS. The principal has rights on the repository alone; there is
no service account between, which would be one more identity that somebody might grant something.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.component import Component
from components.machine import ec2_role_name
from settings.database_pair.pgbackrest import Federation
from settings.database_pair.section import DatabaseHost

ROLE_ATTRIBUTE = "attribute.aws_role"
"""What the grant names: the role, so that a rebuilt instance, whose session has another name, is the same principal."""

PROVIDER = "aws-account"
"""4 to 32 lowercase letters, digits and hyphens, not beginning with gcp- (IAM API,
workloadIdentityPools.providers.create, read 2026-11-28)."""


@dataclass(frozen=True)
class FederatedHost:
    """A host of AWS as Google sees it."""

    federation: pulumi.Output[Federation]
    """What the host is told."""
    member: pulumi.Output[str]
    """What grants name."""


def federated_host(component: Component, host: DatabaseHost) -> FederatedHost:
    """A pool of the host's own, with a provider that takes sessions of its instance's role and no others.

    Of its own, because attributes hold for a whole pool: in a shared one, the condition of another provider would be
    all that stands between its jobs and the backups.
    """
    context = component.context
    role = ec2_role_name(context, host)
    pool = gcp.iam.WorkloadIdentityPool(
        f"{component.name}-{host}",
        # A deleted pool keeps its id for 30 days. The same limits as for accounts fit: 4 to 32 characters.
        workload_identity_pool_id=context.shortened(host, kind="service_account"),
        display_name=f"{context.stack}: {host}",
        description="The database host on AWS, for its repository",
        opts=component.child(),
    )
    provider = gcp.iam.WorkloadIdentityPoolProvider(
        f"{component.name}-{host}",
        workload_identity_pool_id=pool.workload_identity_pool_id,
        workload_identity_pool_provider_id=PROVIDER,
        display_name=f"Role of {host}",
        attribute_mapping={
            # Within its 127 characters: 40 before the role's name, at most 64 of the name, 20 of the instance's id.
            "google.subject": "assertion.arn",
            ROLE_ATTRIBUTE: 'assertion.arn.extract("assumed-role/{role}/")',
        },
        attribute_condition=condition(context.aws_account_id, role),
        aws=gcp.iam.WorkloadIdentityPoolProviderAwsArgs(account_id=context.aws_account_id),
        opts=component.child(),
    )
    return FederatedHost(
        federation=provider.name.apply(lambda name: Federation(audience=f"//iam.googleapis.com/{name}")),
        member=pulumi.Output.concat("principalSet://iam.googleapis.com/", pool.name, f"/{ROLE_ATTRIBUTE}/{role}"),
    )


def condition(account_id: str, role: str) -> str:
    """An attribute condition that holds for sessions of one role.

    The slash at the end keeps out a role whose name only begins alike.
    """
    return f'assertion.arn.startsWith("arn:aws:sts::{account_id}:assumed-role/{role}/")'
