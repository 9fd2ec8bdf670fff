"""What managers on GCP may do."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.component import Component
from components.machine import GceMachine
from components.runner_fleet.gcp_shard import worker_prefix
from components.secrets import let_read_gcp_secrets
from settings.runner_fleet.vocabulary import Colour

SCALER_PERMISSIONS = (
    "compute.instanceGroupManagers.get",
    "compute.instanceGroupManagers.update",
    "compute.instances.get",
    "compute.instances.setMetadata",
)
"""What the plugin calls (Cloud Foundation Fabric, blueprint of GitLab Runner); nothing that makes templates."""

SIGNER_PERMISSIONS = ("iam.serviceAccounts.signBlob",)
"""Signed cache URLs need this one; Token Creator would give tokens too."""

OWN_WORKERS = (
    "resource.type != 'compute.googleapis.com/Instance'"
    " || resource.name.extract('/instances/{{name}}').startsWith('{prefix}')"
)
"""Without it, a manager could put its SSH key on any machine of the project, the other manager included. Groups are not
a resource type that conditions know (Google, "Resource attributes for IAM Conditions"), so the project is as narrow as
their part gets: it holds nothing but the fleet."""


@dataclass(frozen=True)
class ManagerRoles:
    """Custom roles of the project, shared by both colours."""

    scaler: gcp.projects.IAMCustomRole
    signer: gcp.projects.IAMCustomRole


def manager_roles(component: Component) -> ManagerRoles:
    """The two roles with exactly the permissions above."""
    return ManagerRoles(
        scaler=_role(component, "scaler", "Scales worker groups and reaches their workers", SCALER_PERMISSIONS),
        signer=_role(component, "signer", "Signs cache URLs as itself", SIGNER_PERMISSIONS),
    )


def manager_grants(
    component: Component,
    machine: GceMachine,
    colour: Colour,
    *,
    project: str,
    roles: ManagerRoles,
    bucket: gcp.storage.Bucket,
    secrets: Mapping[str, gcp.secretmanager.Secret],
) -> None:
    """What one manager gets: its groups, its own signature, the cache, and the tokens of its shards."""
    name, member = machine.name, machine.service_account_member
    account = pulumi.Output.concat("projects/", project, "/serviceAccounts/", machine.service_account_email)
    gcp.projects.IAMMember(
        f"{name}-scaler",
        project=project,
        role=roles.scaler.name,
        member=member,
        condition=gcp.projects.IAMMemberConditionArgs(
            title="own workers", expression=OWN_WORKERS.format(prefix=worker_prefix(colour))
        ),
        opts=component.child(),
    )
    gcp.serviceaccount.IAMMember(
        f"{name}-signer",
        service_account_id=account,
        role=roles.signer.name,
        member=member,
        opts=component.child(),
    )
    gcp.storage.BucketIAMMember(
        f"{name}-cache", bucket=bucket.name, role="roles/storage.objectUser", member=member, opts=component.child()
    )
    tokens = {f"{name}-token-{shard}": secret for shard, secret in secrets.items()}
    let_read_gcp_secrets(component, member, tokens)


def _role(component: Component, kind: str, title: str, permissions: tuple[str, ...]) -> gcp.projects.IAMCustomRole:
    role_id = component.context.physical_name(component.name, kind, kind="gce").replace("-", "_")
    return gcp.projects.IAMCustomRole(
        f"{component.name}-{kind}",
        role_id=role_id,
        title=title,
        description=title,
        permissions=permissions,
        stage="GA",
        opts=component.child(),
    )
