"""The data disk of a machine on GCE and its snapshots."""

import pulumi
import pulumi_gcp as gcp

from components.component import Component
from components.machine.limits import snapshot_hour
from settings.machine.section import GceSize

DATA_DEVICE = "data"
"""Device name of the data disk; it appears as /dev/disk/by-id/google-data."""

HYPERDISK_FAMILIES = ("c4", "c4a", "c4d", "n4", "n4a", "n4d", "m4")
"""Machine families that take no persistent disk (Google, "Hyperdisk machine type support")."""


def boot_disk_type(machine_type: str) -> str:
    """A balanced disk of the kind that the machine family takes."""
    return "hyperdisk-balanced" if machine_type.partition("-")[0] in HYPERDISK_FAMILIES else "pd-balanced"


def data_disk(component: Component, size: GceSize, zone: str) -> gcp.compute.Disk:
    """The disk, which outlives the machine, with a snapshot every day."""
    name, context = component.name, component.context
    disk = gcp.compute.Disk(
        f"{name}-data",
        name=context.physical_name(name, "data", kind="gce"),
        size=size.data_disk_gib,
        type=boot_disk_type(size.machine_type),
        zone=zone,
        create_snapshot_before_destroy=True,
        create_snapshot_before_destroy_prefix=context.physical_name(name, kind="gce_snapshot_prefix"),
        deletion_policy=component.deletion_policy,
        labels=component.labels(),
        # A machine of another family would ask for another type, and a disk changes type by being made anew.
        opts=component.stateful(ignore_changes=["type"]),
    )
    policy = gcp.compute.ResourcePolicy(
        f"{name}-snapshots",
        region=context.gcp_region,
        snapshot_schedule_policy=gcp.compute.ResourcePolicySnapshotSchedulePolicyArgs(
            schedule=gcp.compute.ResourcePolicySnapshotSchedulePolicyScheduleArgs(
                daily_schedule=gcp.compute.ResourcePolicySnapshotSchedulePolicyScheduleDailyScheduleArgs(
                    days_in_cycle=1, start_time=snapshot_hour(size)
                )
            ),
            retention_policy=gcp.compute.ResourcePolicySnapshotSchedulePolicyRetentionPolicyArgs(
                max_retention_days=size.snapshot_retention_days, on_source_disk_delete="KEEP_AUTO_SNAPSHOTS"
            ),
            snapshot_properties=gcp.compute.ResourcePolicySnapshotSchedulePolicySnapshotPropertiesArgs(
                labels={**component.labels(), "machine": name}, guest_flush=False
            ),
        ),
        opts=component.child(),
    )
    gcp.compute.DiskResourcePolicyAttachment(
        f"{name}-snapshots",
        name=policy.name,
        disk=disk.name,
        zone=zone,
        # Two schedules on one disk at a time would copy it twice.
        opts=pulumi.ResourceOptions.merge(component.child(), pulumi.ResourceOptions(delete_before_replace=True)),
    )
    return disk
