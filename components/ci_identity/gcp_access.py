"""GCP: what the identities may do in the projects and with the state."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.ci_identity.claims import Purpose
from components.component import Component, StackContext
from settings.ci_identity.section import StatePlace

USE_QUOTA = "serviceusage.services.use"
"""The providers bill their calls to their own project, which needs this right there."""

PREVIEW_PERMISSIONS = (
    "certificatemanager.certmapentries.get",
    "certificatemanager.certmaps.get",
    "certificatemanager.certs.get",
    "certificatemanager.dnsauthorizations.get",
    "cloudkms.cryptoKeys.getIamPolicy",
    "compute.addresses.get",
    "compute.backendBuckets.get",
    "compute.backendServices.get",
    "compute.disks.get",
    "compute.disks.getIamPolicy",
    "compute.externalVpnGateways.get",
    "compute.firewalls.get",
    "compute.globalAddresses.get",
    "compute.globalForwardingRules.get",
    "compute.healthChecks.get",
    "compute.instanceGroupManagers.get",
    "compute.instanceGroups.get",
    "compute.instanceGroups.list",
    "compute.instanceTemplates.get",
    "compute.instances.get",
    "compute.networks.get",
    "compute.projects.get",
    "compute.resourcePolicies.get",
    "compute.routers.get",
    "compute.routes.get",
    "compute.securityPolicies.get",
    "compute.sslPolicies.get",
    "compute.subnetworks.get",
    "compute.targetHttpProxies.get",
    "compute.targetHttpsProxies.get",
    "compute.urlMaps.get",
    "compute.vpnGateways.get",
    "compute.vpnTunnels.get",
    "dns.managedZones.get",
    "dns.resourceRecordSets.get",
    "dns.resourceRecordSets.list",
    "iam.roles.get",
    "iam.serviceAccounts.get",
    "iam.serviceAccounts.getIamPolicy",
    "iam.workloadIdentityPoolProviders.get",
    "iam.workloadIdentityPools.get",
    "iam.workloadIdentityPools.getAttestationRules",
    "logging.sinks.get",
    "monitoring.alertPolicies.get",
    "monitoring.metricDescriptors.get",
    "monitoring.metricDescriptors.list",
    "monitoring.notificationChannels.get",
    "monitoring.uptimeCheckConfigs.get",
    "resourcemanager.projects.get",
    "resourcemanager.projects.getIamPolicy",
    "secretmanager.secrets.get",
    "secretmanager.secrets.getIamPolicy",
    "storage.buckets.get",
    "storage.buckets.getIamPolicy",
    USE_QUOTA,
)
"""What a refresh reads, and nothing more: no object, no value of a secret, and no serial console, which the predefined
viewers would add (IAM documentation, "Predefined roles").

Every read of a pool lists its attestation rules (terraform-provider-google#26963). Google's lists of roles spell the
permissions of pools `iam.googleapis.com/workloadIdentityPools.get`; what is checked is `iam.workloadIdentityPools.get`
("IAM audit logging", permissions), and custom roles that held the long spelling alone were refused."""

DEPLOY_PERMISSIONS = (
    "secretmanager.secrets.create",
    "secretmanager.secrets.get",
    "secretmanager.secrets.getIamPolicy",
    "storage.buckets.create",
    "storage.buckets.get",
    "storage.buckets.getIamPolicy",
    "iam.roles.get",
    "iam.workloadIdentityPoolProviders.get",
    "iam.workloadIdentityPools.get",
    "iam.workloadIdentityPools.getAttestationRules",
    "cloudkms.cryptoKeys.getIamPolicy",
    "logging.sinks.get",
    USE_QUOTA,
)
"""Instead of the administrators of storage and of secrets, who read every object and every value. What is made is
checked against the project, so no name can limit it; the name of a bucket is nobody's until then."""

KEEPER = "keeper"
"""Ends the name of the role that changes what is there."""

KEEPER_PERMISSIONS = (
    "secretmanager.secrets.delete",
    "secretmanager.secrets.setIamPolicy",
    "secretmanager.secrets.update",
    "storage.buckets.delete",
    "storage.buckets.setIamPolicy",
    "storage.buckets.update",
)
"""For the stack's own buckets and secrets alone, by a condition: vault and state are none of them."""

DEPLOY_ROLES = (
    "roles/certificatemanager.owner",
    "roles/compute.admin",
    "roles/dns.admin",
    "roles/iam.serviceAccountAdmin",
    "roles/iam.serviceAccountUser",
    "roles/monitoring.editor",
)
"""Makes, changes and deletes what the program holds. Whoever may do this can act as any machine of the project, and
can let itself into the stack's own buckets and secrets, since it sets who may: what protects them is who may take the
identity, and that a person looks at the plan."""

GRANTER = "roles/resourcemanager.projectIamAdmin"

GRANTABLE_ROLES = ("roles/logging.logWriter", "roles/monitoring.metricWriter")
GRANTABLE_CUSTOM_ROLES = (
    "dev-instance-snapshot-keeper",
    "package-server-cache-ender",
    "runners-gcp-scaler",
    "runners-gcp-protected-scaler",
    "runners-gcp-publish-scaler",
)
"""What the systems are granted on a whole project. The deploy identity may grant these and no others, so it cannot make
itself or anybody owner. Nor may it edit a custom role, since it could put anything into one of these: custom roles, and
its own grants, are changed by a person."""


Accounts = Mapping[Purpose, gcp.serviceaccount.Account]
"""The service account of each identity."""


@dataclass(frozen=True, kw_only=True)
class GcpProjectAccessArgs:
    """Arguments of a GcpProjectAccess."""

    project_id: str
    accounts: Accounts
    guarded_buckets: tuple[str, ...]
    """Names of buckets that no deployment changes: the vault, and the state."""


class GcpProjectAccess(Component):
    """Grants of both identities on one project.

    **Pulumi type:** `packyard:ci_identity:GcpProjectAccess`

    Makes the custom roles and the grants. Nothing of it holds for objects or values of secrets.
    """

    def __init__(
        self,
        name: str,
        args: GcpProjectAccessArgs,
        context: StackContext,
        *,
        gcp_provider: gcp.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:ci_identity:GcpProjectAccess", name, context, providers=[gcp_provider], opts=opts)
        project_id, accounts = args.project_id, args.accounts
        preview, deploy = accounts[Purpose.PREVIEW].member, accounts[Purpose.DEPLOY].member
        reader = _custom_role(self, project_id, Purpose.PREVIEW, "Reads configuration, no data", PREVIEW_PERMISSIONS)
        maker = _custom_role(self, project_id, Purpose.DEPLOY, "Makes buckets and secrets", DEPLOY_PERMISSIONS)
        _grant(self, project_id, "preview", reader, preview)
        _grant(self, project_id, "deploy", maker, deploy)
        keeper = _custom_role(
            self, project_id, Purpose.DEPLOY, "Changes own buckets and secrets", KEEPER_PERMISSIONS, KEEPER
        )
        gcp.projects.IAMMember(
            f"{name}-deploy-{KEEPER}",
            project=project_id,
            role=keeper,
            member=deploy,
            condition=gcp.projects.IAMMemberConditionArgs(
                title="own buckets and secrets", expression=own_alone(context, args.guarded_buckets)
            ),
            opts=self.child(),
        )
        for role in DEPLOY_ROLES:
            _grant(self, project_id, f"deploy-{role.removeprefix('roles/')}", role, deploy)
        gcp.projects.IAMMember(
            f"{name}-deploy-granter",
            project=project_id,
            role=GRANTER,
            member=deploy,
            condition=gcp.projects.IAMMemberConditionArgs(
                title="grants of machines alone", expression=grants_only(grantable_roles(context, project_id))
            ),
            opts=self.child(),
        )
        self.register_outputs({"preview_role": reader, "deploy_role": maker})


def grantable_roles(context: StackContext, project_id: str) -> tuple[str, ...]:
    """Full names of the roles that the deploy identity may grant on a project."""
    custom = (context.physical_name(name, kind="iam_role").replace("-", "_") for name in GRANTABLE_CUSTOM_ROLES)
    return (*GRANTABLE_ROLES, *(f"projects/{project_id}/roles/{name}" for name in custom))


def grants_only(roles: tuple[str, ...]) -> str:
    """A condition under which only these roles may be granted or taken away (IAM, "Set limits on granting roles")."""
    listed = ", ".join(f"'{role}'" for role in roles)
    return f"api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([{listed}])"


def own_alone(context: StackContext, guarded_buckets: tuple[str, ...]) -> str:
    """A condition that holds for the stack's own buckets and secrets, and for none of the guarded buckets.

    Both have names that conditions see (IAM, "Resource attributes for IAM Conditions"); service accounts have none.
    Secrets bear the project's number, which is not known here.
    """
    own, buckets = f"{context.name_prefix}-{context.stack}-", "projects/_/buckets/"
    clauses = (
        'resource.type == "storage.googleapis.com/Bucket"',
        f'resource.name.startsWith("{buckets}{own}")',
        *(f'resource.name != "{buckets}{bucket}"' for bucket in guarded_buckets),
    )
    secrets = (
        'resource.type == "secretmanager.googleapis.com/Secret"',
        f'resource.name.extract("/secrets/{{name}}").startsWith("{own}")',
    )
    return f"({' && '.join(clauses)}) || ({' && '.join(secrets)})"


def grant_state(component: Component, state: StatePlace, accounts: Accounts) -> None:
    """A preview reads state and opens its secrets, and locks; an update writes state as well.

    Neither may change the bucket or the key. Whoever previews can open what the state keeps as secret: that is why the
    program makes secrets without values.
    """
    preview, deploy = accounts[Purpose.PREVIEW].member, accounts[Purpose.DEPLOY].member
    locks = f'resource.name.startsWith("projects/_/buckets/{state.bucket}/objects/.pulumi/locks/")'
    for purpose, member, role in (
        (Purpose.PREVIEW, preview, "roles/storage.objectViewer"),
        (Purpose.DEPLOY, deploy, "roles/storage.objectUser"),
    ):
        gcp.storage.BucketIAMMember(
            f"{component.name}-{purpose}-state", bucket=state.bucket, role=role, member=member, opts=component.child()
        )
    gcp.storage.BucketIAMMember(
        f"{component.name}-preview-locks",
        bucket=state.bucket,
        role="roles/storage.objectUser",
        member=preview,
        condition=gcp.storage.BucketIAMMemberConditionArgs(title="locks", expression=locks),
        opts=component.child(),
    )
    for purpose, member, role in (
        (Purpose.PREVIEW, preview, "roles/cloudkms.cryptoKeyDecrypter"),
        (Purpose.DEPLOY, deploy, "roles/cloudkms.cryptoKeyEncrypterDecrypter"),
    ):
        gcp.kms.CryptoKeyIAMMember(
            f"{component.name}-{purpose}-key",
            crypto_key_id=state.kms_key,
            role=role,
            member=member,
            opts=component.child(),
        )


def let_read_identities(component: Component, project_id: str, accounts: Accounts) -> None:
    """All that both may do in the project of the state, beside the grants on bucket and key: a refresh reads it."""
    reader = _custom_role(component, project_id, Purpose.PREVIEW, "Reads configuration, no data", PREVIEW_PERMISSIONS)
    for purpose in Purpose:
        _grant(component, project_id, f"{purpose}-reader", reader, accounts[purpose].member)


def grant_machine_store(component: Component, bucket: pulumi.Input[str], accounts: Accounts) -> None:
    """Machines' programs and settings, which are objects that the program itself puts there. They hold no secret."""
    for purpose, role in (
        (Purpose.PREVIEW, "roles/storage.objectViewer"),
        (Purpose.DEPLOY, "roles/storage.objectUser"),
    ):
        gcp.storage.BucketIAMMember(
            f"{component.name}-{purpose}-machine-store",
            bucket=bucket,
            role=role,
            member=accounts[purpose].member,
            opts=component.child(),
        )


def _custom_role(
    component: Component, project_id: str, purpose: Purpose, title: str, permissions: tuple[str, ...], *part: str
) -> pulumi.Output[str]:
    """The full name of a custom role of the project; role ids allow no hyphen."""
    role = gcp.projects.IAMCustomRole(
        "-".join((component.name, purpose, *part)),
        project=project_id,
        role_id=component.context.physical_name("ci", purpose, *part, kind="iam_role").replace("-", "_"),
        title=f"{component.context.stack}: pipelines, {' '.join((purpose, *part))}",
        description=title,
        permissions=list(permissions),
        opts=component.child(),
    )
    return pulumi.Output.format("projects/{}/roles/{}", project_id, role.role_id)


def _grant(
    component: Component, project_id: str, name: str, role: pulumi.Input[str], member: pulumi.Input[str]
) -> None:
    gcp.projects.IAMMember(
        f"{component.name}-{name}", project=project_id, role=role, member=member, opts=component.child()
    )
