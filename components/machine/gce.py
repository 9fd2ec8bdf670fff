"""Machines on GCE."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.component import Component, StackContext
from components.gcp_firewall import gcp_egress
from components.machine.args import MachineArgs
from components.machine.document import DOCUMENT_ATTRIBUTE, MachineFacts, document_text, gce_startup_script, user_data
from components.machine.gce_alarms import alarms
from components.machine.gce_disk import DATA_DEVICE, boot_disk_type, data_disk
from components.machine.outgoing import EVERYWHERE, OUTGOING_PORTS
from components.machine_store import document_path
from components.network import IAP_TAG, GcpNetwork
from settings.machine.section import GceSize
from settings.vocabulary import Cloud

READABLE_OBJECTS = (
    'resource.name == "projects/_/buckets/{bucket}/objects/{document}"'
    ' || resource.name.startsWith("projects/_/buckets/{bucket}/objects/bundles/")'
)
"""IAM condition: its own document and the bundles. With it the role's permission to list never applies."""

PROJECT_ROLES = {"logs": "roles/logging.logWriter", "metrics": "roles/monitoring.metricWriter"}
"""Roles without a finer level than the project. Google's guest agent writes the logs, report.py the metrics."""

IGNORED = ("bootDisk.initializeParams", 'metadata["user-data"]', 'metadata["startup-script"]')
"""Looked at once, when the instance is made: a new image or boot disk would replace it, a new first boot never run."""


@dataclass(frozen=True, kw_only=True)
class GceMachineArgs(MachineArgs):
    """Arguments of a GceMachine."""

    size: GceSize
    image: str
    """Pinned image; a new one reaches the machine only when it is rebuilt by hand."""
    network: GcpNetwork
    zone: str | None = None
    """The stack's zone where None."""


class GceMachine(Component):
    """A stateful virtual machine on GCE.

    **Pulumi type:** `packyard:machine:GceMachine`

    Makes service account, the rule that lets web traffic alone out, addresses, data disk with snapshots, settings
    document, instance and alarms. No setting replaces or restarts the instance: image and boot disk are looked at when
    it is made, and a new machine type is refused while it runs (components/machine/README.md says how to resize and to
    rebuild). Operators enter through IAP. Systems add firewall rules, secrets and grants.
    """

    service_account_email: pulumi.Output[str]
    """The machine's own identity; firewall rules target it."""
    service_account_member: pulumi.Output[str]
    """The identity as an IAM member, "serviceAccount:..."."""
    service_account_unique_id: pulumi.Output[str]
    """Numeric id of the identity, by which AWS trusts it."""
    instance_name: pulumi.Output[str]
    """Name of the instance."""
    instance_self_link: pulumi.Output[str]
    """Link of the instance."""
    private_address: pulumi.Output[str]
    """Static private IPv4 address; a rebuilt machine has the same one."""
    public_address: pulumi.Output[str] | None
    """Static public IPv4 address, if it has one."""
    data_disk_id: pulumi.Output[str]
    """Id of the data disk."""
    login: pulumi.Output[str]
    """The command that logs an operator in, through IAP."""

    def __init__(
        self,
        name: str,
        args: GceMachineArgs,
        context: StackContext,
        *,
        gcp_provider: gcp.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:machine:GceMachine", name, context, providers=[gcp_provider], opts=opts)
        zone = args.zone or context.gcp_zone
        account = _identity(self)
        private = _address(self, "private", args.network)
        public = _address(self, "public", None) if args.public_address else None
        disk = data_disk(self, args.size, zone)
        document, grant = _document(self, args, account)
        way_out = _way_out(self, args, account)
        instance = _instance(
            self,
            args,
            zone=zone,
            account=account,
            interface=_network_interface(args, private, public),
            disk=disk,
            document=document,
            needed_to_boot=[document, grant, way_out],
        )
        alarms(self, args, instance)

        self.service_account_email = account.email
        self.service_account_member = account.member
        self.service_account_unique_id = account.unique_id
        self.instance_name = instance.name
        self.instance_self_link = instance.self_link
        self.private_address = private.address
        self.public_address = None if public is None else public.address
        self.data_disk_id = disk.id
        self.login = pulumi.Output.concat(
            "gcloud compute ssh ", instance.name, " --project=", account.project, f" --zone={zone} --tunnel-through-iap"
        )
        self.register_outputs(
            {
                "instance_name": self.instance_name,
                "private_address": self.private_address,
                "protected": context.protected,
            }
        )


def _identity(component: Component) -> gcp.serviceaccount.Account:
    name = component.name
    account = gcp.serviceaccount.Account(
        name,
        account_id=component.context.shortened(name, kind="service_account"),
        display_name=f"Machine {name} of {component.context.stack}",
        # Other identities are trusted by its number, so a new one locks the machine out of its backups.
        deletion_policy=component.deletion_policy,
        opts=component.stateful(),
    )
    for purpose, role in PROJECT_ROLES.items():
        gcp.projects.IAMMember(
            f"{name}-{purpose}", project=account.project, role=role, member=account.member, opts=component.child()
        )
    return account


def _way_out(component: Component, args: GceMachineArgs, account: gcp.serviceaccount.Account) -> gcp.compute.Firewall:
    return gcp_egress(
        component,
        "web",
        args.network.network_id,
        destinations=[EVERYWHERE],
        ports=[str(port) for port in OUTGOING_PORTS.values()],
        service_accounts=[account.email],
    )


def _address(component: Component, kind: str, network: GcpNetwork | None) -> gcp.compute.Address:
    """A private address in a network, or a public one. Peers and DNS know it, so it outlives the machine."""
    return gcp.compute.Address(
        f"{component.name}-{kind}",
        name=component.context.physical_name(component.name, kind, kind="gce"),
        region=component.context.gcp_region,
        address_type="EXTERNAL" if network is None else "INTERNAL",
        subnetwork=None if network is None else network.subnet_id,
        deletion_policy=component.deletion_policy,
        labels=component.labels(),
        opts=component.stateful(),
    )


def _document(
    component: Component, args: GceMachineArgs, account: gcp.serviceaccount.Account
) -> tuple[gcp.storage.BucketObject, gcp.storage.BucketIAMMember]:
    name, store = component.name, args.store
    path = document_path(name)
    document = gcp.storage.BucketObject(
        f"{name}-document",
        bucket=store.gcs_bucket,
        name=path,
        content=document_text(
            args,
            MachineFacts(
                name=name,
                cloud=Cloud.GCP,
                size=args.size,
                bundle_url=store.gcs_bundle,
                device=f"/dev/disk/by-id/google-{DATA_DEVICE}",
                project=account.project,
            ),
            component.context,
        ),
        content_type="application/json",
        opts=component.child(),
    )
    grant = gcp.storage.BucketIAMMember(
        f"{name}-document",
        bucket=store.gcs_bucket,
        role="roles/storage.objectViewer",
        member=account.member,
        condition=gcp.storage.BucketIAMMemberConditionArgs(
            title="own document and bundles",
            expression=store.gcs_bucket.apply(lambda bucket: READABLE_OBJECTS.format(bucket=bucket, document=path)),
        ),
        opts=component.child(),
    )
    return document, grant


def _instance(
    component: Component,
    args: GceMachineArgs,
    *,
    zone: str,
    account: gcp.serviceaccount.Account,
    interface: gcp.compute.InstanceNetworkInterfaceArgs,
    disk: gcp.compute.Disk,
    document: gcp.storage.BucketObject,
    needed_to_boot: Sequence[pulumi.Resource],
) -> gcp.compute.Instance:
    return gcp.compute.Instance(
        component.name,
        name=component.context.physical_name(component.name, kind="gce"),
        machine_type=args.size.machine_type,
        zone=zone,
        # A change of machine type is refused while the machine runs, instead of a restart in the middle of the day.
        allow_stopping_for_update=False,
        deletion_protection=component.context.protected,
        boot_disk=gcp.compute.InstanceBootDiskArgs(
            auto_delete=True,
            initialize_params=gcp.compute.InstanceBootDiskInitializeParamsArgs(
                image=args.image, size=args.size.boot_disk_gib, type=boot_disk_type(args.size.machine_type)
            ),
        ),
        # Attached from the start, so that the first boot finds it.
        attached_disks=[
            gcp.compute.InstanceAttachedDiskArgs(source=disk.self_link, device_name=DATA_DEVICE, mode="READ_WRITE")
        ],
        network_interfaces=[interface],
        service_account=gcp.compute.InstanceServiceAccountArgs(email=account.email, scopes=["cloud-platform"]),
        metadata=_metadata(document),
        tags=[IAP_TAG],
        scheduling=gcp.compute.InstanceSchedulingArgs(automatic_restart=True, on_host_maintenance="MIGRATE"),
        shielded_instance_config=gcp.compute.InstanceShieldedInstanceConfigArgs(
            enable_secure_boot=True, enable_vtpm=True, enable_integrity_monitoring=True
        ),
        labels=component.labels(),
        opts=component.stateful(depends_on=needed_to_boot, ignore_changes=IGNORED),
    )


def _network_interface(
    args: GceMachineArgs, private: gcp.compute.Address, public: gcp.compute.Address | None
) -> gcp.compute.InstanceNetworkInterfaceArgs:
    outside = [] if public is None else [gcp.compute.InstanceNetworkInterfaceAccessConfigArgs(nat_ip=public.address)]
    return gcp.compute.InstanceNetworkInterfaceArgs(
        subnetwork=args.network.subnet_id, network_ip=private.address, access_configs=outside
    )


def _metadata(document: gcp.storage.BucketObject) -> dict[str, pulumi.Input[str]]:
    return {
        "user-data": user_data(),
        "startup-script": gce_startup_script(),
        DOCUMENT_ATTRIBUTE: pulumi.Output.concat("gs://", document.bucket, "/", document.name),
        "enable-oslogin": "TRUE",
        "block-project-ssh-keys": "TRUE",
        "serial-port-enable": "FALSE",
    }
