"""What the dev instance's identity may do besides its buckets: snapshots of its own disk, signed addresses, secrets."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.component import Component, StackContext
from components.machine import GceMachine
from components.secrets import empty_gcp_secret, let_read_gcp_secrets
from settings.dev_instance.document import UpgradeSnapshots
from settings.ssh import HOST_KEY_TYPES


@dataclass(frozen=True)
class InstanceSecrets:
    """Empty secrets; an operator puts the values there (docs/bootstrap.md)."""

    root_password: gcp.secretmanager.Secret
    offsite_password: gcp.secretmanager.Secret
    """Encrypts the off-site copies. Lost, they are lost: it is also kept where the operators keep such things."""
    host_keys: tuple[gcp.secretmanager.Secret, ...]
    """Private halves of the SSH host keys, in the order of HOST_KEY_TYPES."""
    pages_certificate: gcp.secretmanager.Secret | None
    """Certificate and key of the Pages wildcard."""

    @property
    def by_name(self) -> dict[str, gcp.secretmanager.Secret]:
        """Every secret that there is."""
        host_keys = {f"host-key-{kind}": secret for kind, secret in zip(HOST_KEY_TYPES, self.host_keys, strict=True)}
        pages = {} if self.pages_certificate is None else {"pages-certificate": self.pages_certificate}
        return {"root-password": self.root_password, "offsite-password": self.offsite_password, **host_keys, **pages}


def instance_secrets(component: Component, *, pages: bool) -> InstanceSecrets:
    """The secrets, before the identity that reads them exists."""
    return InstanceSecrets(
        root_password=empty_gcp_secret(component, "root-password"),
        offsite_password=empty_gcp_secret(component, "offsite-password"),
        host_keys=tuple(empty_gcp_secret(component, f"host-key-{kind}") for kind in HOST_KEY_TYPES),
        pages_certificate=empty_gcp_secret(component, "pages-certificate") if pages else None,
    )


def grant_secrets(component: Component, secrets: InstanceSecrets, member: pulumi.Input[str]) -> None:
    """Lets the machine's identity, and no other, read the secrets."""
    grants = {f"{component.name}-{name}-machine": secret for name, secret in secrets.by_name.items()}
    let_read_gcp_secrets(component, member, grants)


def upgrade_snapshots(name: str, context: StackContext, project: str, keep: int) -> UpgradeSnapshots:
    """The data disk and the names of the snapshots that the upgrader makes of it."""
    return UpgradeSnapshots(
        project=project,
        zone=context.gcp_zone,
        disk=context.physical_name(name, "data", kind="gce"),
        # Short, because the time of the snapshot follows and GCE ends a name at 63 characters.
        name_prefix=context.physical_name(name, "up", kind="gce") + "-",
        keep=keep,
    )


def grant_snapshots(component: Component, machine: GceMachine, snapshots: UpgradeSnapshots) -> None:
    """Lets the upgrader copy its own data disk, and touch no snapshot but those with its own prefix.

    Snapshots lie in the project, so the right to name one is granted there, under a condition; the right to read a disk
    is granted on the one disk. The scheduled snapshots have other names and stay out of reach. The upgrader waits for
    the snapshot itself (its status READY), so it needs no right to read operations.
    """
    project = snapshots.project
    copier = _role(
        component, project, "disk-copier", "Copies one disk into a snapshot", ["compute.disks.createSnapshot"]
    )
    gcp.compute.DiskIamMember(
        f"{component.name}-disk-copier",
        name=machine.data_disk_id.apply(lambda disk: disk.rpartition("/")[2]),
        zone=snapshots.zone,
        role=copier,
        member=machine.service_account_member,
        opts=component.child(),
    )
    keeper = _role(
        component,
        project,
        "snapshot-keeper",
        "Makes and deletes the snapshots that precede an upgrade",
        [
            "compute.snapshots.create",
            "compute.snapshots.delete",
            "compute.snapshots.get",
            "compute.snapshots.setLabels",
        ],
    )
    gcp.projects.IAMMember(
        f"{component.name}-snapshot-keeper",
        project=project,
        role=keeper,
        member=machine.service_account_member,
        condition=gcp.projects.IAMMemberConditionArgs(
            title="snapshots before upgrades",
            expression='resource.type == "compute.googleapis.com/Snapshot" && resource.name.startsWith('
            f'"projects/{project}/global/snapshots/{snapshots.name_prefix}")',
        ),
        opts=component.child(),
    )


def grant_signing(component: Component, machine: GceMachine, project: str) -> None:
    """Lets the identity sign as itself: without a key file, GitLab signs upload addresses through this call.

    One permission instead of the role "Service Account Token Creator", which could also make tokens (Cloud Storage
    documentation, "Create a signature").
    """
    signer = _role(component, project, "blob-signer", "Signs addresses of objects", ["iam.serviceAccounts.signBlob"])
    gcp.serviceaccount.IAMMember(
        f"{component.name}-blob-signer",
        service_account_id=pulumi.Output.format(
            "projects/{}/serviceAccounts/{}", project, machine.service_account_email
        ),
        role=signer,
        member=machine.service_account_member,
        opts=component.child(),
    )


def _role(component: Component, project: str, purpose: str, title: str, permissions: list[str]) -> pulumi.Output[str]:
    """The full name of a custom role of the project."""
    # Role ids allow no hyphen.
    role_id = component.context.physical_name(component.name, purpose, kind="iam_role").replace("-", "_")
    role = gcp.projects.IAMCustomRole(
        f"{component.name}-{purpose}",
        role_id=role_id,
        title=f"{component.context.stack} {component.name}: {title}",
        description=title,
        permissions=permissions,
        opts=component.child(),
    )
    return pulumi.Output.format("projects/{}/roles/{}", project, role.role_id)
