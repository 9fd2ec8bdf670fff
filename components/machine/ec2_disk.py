"""The data disk of a machine on EC2 and its snapshots."""

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.iam import Statement, policy_document, service_trust
from components.machine.limits import snapshot_hour
from components.roles import bounded_role
from settings.machine.section import Ec2Size

SNAPSHOT_TAG = "snapshots"
"""Tag by which a snapshot policy finds its one disk."""

ATTACHMENT_NAME = "/dev/sdf"
"""What the interface of EC2 calls the disk; Nitro machines see it as NVMe and find it by its id."""


def data_volume(component: Component, size: Ec2Size, availability_zone: str) -> aws.ebs.Volume:
    """The disk, which outlives the machine, with a snapshot every day."""
    mark = component.context.physical_name(component.name, kind="secret")
    volume = aws.ebs.Volume(
        f"{component.name}-data",
        availability_zone=availability_zone,
        size=size.data_disk_gib,
        type="gp3",
        encrypted=True,
        final_snapshot=True,
        tags={**component.tags(f"{component.name}-data"), SNAPSHOT_TAG: mark},
        opts=component.stateful(),
    )
    _snapshots(component, size, mark)
    return volume


def attach(component: Component, instance: aws.ec2.Instance, volume: aws.ebs.Volume) -> None:
    """Attaches the disk; taking it off stops the machine first, so that nothing writes to it."""
    aws.ec2.VolumeAttachment(
        f"{component.name}-data",
        instance_id=instance.id,
        volume_id=volume.id,
        device_name=ATTACHMENT_NAME,
        stop_instance_before_detaching=True,
        opts=component.child(),
    )


def device_of(volume: aws.ebs.Volume) -> pulumi.Output[str]:
    """Path of the disk on the machine; udev names NVMe disks by their serial number, the volume id without hyphen."""
    return volume.id.apply(lambda id_: f"/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_{id_.replace('-', '')}")


def _snapshots(component: Component, size: Ec2Size, mark: str) -> None:
    aws.dlm.LifecyclePolicy(
        f"{component.name}-snapshots",
        description=f"Daily snapshots of the data disk of {component.name}",
        execution_role_arn=_snapshot_role(component).arn,
        state="ENABLED",
        policy_details=aws.dlm.LifecyclePolicyPolicyDetailsArgs(
            policy_type="EBS_SNAPSHOT_MANAGEMENT",
            resource_types=["VOLUME"],
            target_tags={SNAPSHOT_TAG: mark},
            schedules=[
                aws.dlm.LifecyclePolicyPolicyDetailsScheduleArgs(
                    name="daily",
                    create_rule=aws.dlm.LifecyclePolicyPolicyDetailsScheduleCreateRuleArgs(
                        interval=24, interval_unit="HOURS", times=snapshot_hour(size)
                    ),
                    retain_rule=aws.dlm.LifecyclePolicyPolicyDetailsScheduleRetainRuleArgs(
                        interval=size.snapshot_retention_days, interval_unit="DAYS"
                    ),
                    copy_tags=True,
                )
            ],
        ),
        tags=component.tags(),
        opts=component.child(),
    )


def _snapshot_role(component: Component) -> aws.iam.Role:
    """Rights over this machine's disk and the snapshots that carry its mark, and no others."""
    name, context = f"{component.name}-snapshots", component.context
    role = bounded_role(
        component,
        name,
        trust=service_trust(
            "dlm.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": context.aws_account_id}}
        ),
    )
    mark = context.physical_name(component.name, kind="secret")
    anywhere = f"arn:aws:ec2:{context.aws_region}"
    aws.iam.RolePolicy(
        name,
        role=role.name,
        policy=policy_document(
            Statement(
                sid="DescribeHasNoResourceLevel",
                actions=["ec2:DescribeVolumes", "ec2:DescribeSnapshots", "ec2:DescribeInstances"],
                resources=["*"],
            ),
            Statement(
                actions=["ec2:CreateSnapshot"],
                resources=[f"{anywhere}:{context.aws_account_id}:volume/*"],
                conditions={"StringEquals": {f"aws:ResourceTag/{SNAPSHOT_TAG}": mark}},
            ),
            Statement(
                actions=["ec2:CreateSnapshot", "ec2:CreateTags"],
                resources=[f"{anywhere}::snapshot/*"],
            ),
            Statement(
                actions=["ec2:DeleteSnapshot"],
                resources=[f"{anywhere}::snapshot/*"],
                conditions={"StringEquals": {f"aws:ResourceTag/{SNAPSHOT_TAG}": mark}},
            ),
        ),
        opts=component.child(),
    )
    return role
