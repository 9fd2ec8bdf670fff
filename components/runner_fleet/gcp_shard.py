"""One shard on GCP: a worker group that its manager alone scales."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.component import Component, StackContext
from components.machine import boot_disk_type
from components.runner_fleet.args import group_name
from settings.runner_fleet.section import GcpShard as GcpShardSettings
from settings.runner_fleet.vocabulary import Capacity, Colour, WorkerSystem

WORKER_TAG = "runner-worker"
"""Network tag of every worker; firewall rules close the private ranges to it. Workers have no service account, so no
rule can go by identity."""


def colour_tag(colour: Colour) -> str:
    """Network tag of the workers of one manager, which alone may reach them."""
    return f"{WORKER_TAG}-{colour}"


def shard_tag(shard: str) -> str:
    """Network tag of the workers of one shard, for the private addresses that it may reach."""
    return f"runner-shard-{shard}"


def worker_prefix(colour: Colour) -> str:
    """How the names of all workers of one colour begin; the manager's rights are bound to it."""
    return f"worker-{colour}-"


@dataclass(frozen=True, kw_only=True)
class GcpShardArgs:
    """Arguments of a GcpShard."""

    settings: GcpShardSettings
    colour: Colour
    max_vm_age_hours: int
    subnet_id: pulumi.Input[str]
    inherited_labels: Mapping[str, str]


class GcpShard(Component):
    """A worker group of one shard and colour.

    **Pulumi type:** `packyard:runner_fleet:GcpShard`

    Makes an instance template and a managed instance group of size 0 in one zone. Size belongs to the manager: there is
    no autoscaler, no healing, no repair and no rolling update, and a `pulumi up` leaves the size alone. Workers have no
    service account and no public address, and end at their age limit.
    """

    group_name: pulumi.Output[str]
    """Name of the managed instance group."""

    def __init__(
        self,
        name: str,
        args: GcpShardArgs,
        context: StackContext,
        *,
        gcp_provider: gcp.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:runner_fleet:GcpShard", name, context, providers=[gcp_provider], opts=opts)
        template = _template(self, args)
        group = _group(self, args, template)

        self.settings = args.settings
        self.group_name = group.name
        self.register_outputs({"group_name": self.group_name})


def _template(component: Component, args: GcpShardArgs) -> gcp.compute.InstanceTemplate:
    shard = args.settings
    labels = _worker_labels(component, args)
    # Without a name of its own: the group needs the new template before the old one can go.
    return gcp.compute.InstanceTemplate(
        component.name,
        machine_type=shard.machine_type,
        region=component.context.gcp_region,
        disks=[
            gcp.compute.InstanceTemplateDiskArgs(
                boot=True,
                auto_delete=True,
                source_image=shard.image,
                disk_size_gb=shard.boot_disk_gib,
                disk_type=boot_disk_type(shard.machine_type),
                # Labels of a template reach instances, not their disks.
                labels=labels,
            )
        ],
        # Without access_config there is no public address.
        network_interfaces=[gcp.compute.InstanceTemplateNetworkInterfaceArgs(subnetwork=args.subnet_id)],
        can_ip_forward=False,
        metadata=_metadata(shard.system),
        scheduling=_scheduling(args),
        shielded_instance_config=gcp.compute.InstanceTemplateShieldedInstanceConfigArgs(
            enable_secure_boot=True, enable_vtpm=True, enable_integrity_monitoring=True
        ),
        tags=[WORKER_TAG, colour_tag(args.colour), shard_tag(shard.name)],
        labels=labels,
        opts=component.child(),
    )


def _metadata(system: WorkerSystem) -> dict[str, str]:
    metadata = {
        # The plugin puts its SSH key into the instance's metadata, which OS Login would ignore.
        "enable-oslogin": "FALSE",
        "block-project-ssh-keys": "TRUE",
        "serial-port-enable": "FALSE",
    }
    # An update of the system restarts it in the middle of a job.
    return (
        {**metadata, "cos-update-strategy": "update_disabled"}
        if system is WorkerSystem.CONTAINER_OPTIMIZED
        else metadata
    )


def _scheduling(args: GcpShardArgs) -> gcp.compute.InstanceTemplateSchedulingArgs:
    spot = args.settings.capacity is Capacity.SPOT
    return gcp.compute.InstanceTemplateSchedulingArgs(
        provisioning_model="SPOT" if spot else "STANDARD",
        preemptible=spot,
        automatic_restart=False,
        on_host_maintenance="TERMINATE" if spot else "MIGRATE",
        # For a VM that is taken back and for one at its age limit: a stopped one would still fill the group.
        instance_termination_action="DELETE",
        max_run_duration=gcp.compute.InstanceTemplateSchedulingMaxRunDurationArgs(seconds=args.max_vm_age_hours * 3600),
    )


def _group(
    component: Component, args: GcpShardArgs, template: gcp.compute.InstanceTemplate
) -> gcp.compute.InstanceGroupManager:
    shard = args.settings
    return gcp.compute.InstanceGroupManager(
        component.name,
        name=group_name(component.context, shard.name, args.colour),
        zone=shard.zone,
        base_instance_name=f"{worker_prefix(args.colour)}{shard.name}",
        versions=[gcp.compute.InstanceGroupManagerVersionArgs(instance_template=template.self_link_unique)],
        target_size=0,
        # A repair restarts a VM that the manager has given up, or whose job has ended.
        instance_lifecycle_policy=gcp.compute.InstanceGroupManagerInstanceLifecyclePolicyArgs(
            default_action_on_failure="DO_NOTHING",
            on_failed_health_check="DO_NOTHING",
            force_update_on_repair="NO",
        ),
        # A new template reaches new workers alone; proactive would replace busy ones.
        update_policy=gcp.compute.InstanceGroupManagerUpdatePolicyArgs(type="OPPORTUNISTIC", minimal_action="REPLACE"),
        wait_for_instances=False,
        opts=component.child(ignore_changes=["targetSize"]),
    )


def _worker_labels(component: Component, args: GcpShardArgs) -> dict[str, str]:
    own = {"shard": args.settings.name, "trust": args.settings.trust.value, "colour": args.colour.value}
    return {**args.inherited_labels, **component.labels(), **own}
