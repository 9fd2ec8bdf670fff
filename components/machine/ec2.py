"""Machines on EC2."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws_firewall import aws_egress
from components.component import Component, StackContext
from components.machine.args import MachineArgs
from components.machine.document import DOCUMENT_ATTRIBUTE, MachineFacts, document_text, user_data_base64
from components.machine.ec2_alarms import alarms
from components.machine.ec2_disk import attach, data_volume, device_of
from components.machine.ec2_identity import Identity, identity
from components.machine.outgoing import EVERYWHERE, OUTGOING_PORTS
from components.machine_store import document_path
from settings.machine.section import Ec2Size
from settings.vocabulary import Cloud


@dataclass(frozen=True, kw_only=True)
class Ec2MachineArgs(MachineArgs):
    """Arguments of an Ec2Machine."""

    size: Ec2Size
    image: str
    """Pinned AMI; a new one reaches the machine only when it is rebuilt by hand."""
    vpc_id: pulumi.Input[str]
    subnet_id: pulumi.Input[str]
    """A public subnet where `public_address` is set, else a private one."""
    availability_zone: str
    """The subnet's zone; the data disk can never leave it."""


class Ec2Machine(Component):
    """A stateful virtual machine on EC2.

    **Pulumi type:** `packyard:machine:Ec2Machine`

    Makes role and instance profile, closed security group, network interface, public address, data disk with snapshots,
    settings document, instance and alarms. No setting replaces or restarts the instance: AMI and user data are looked
    at when it is made, and a new instance type is refused while it runs (components/machine/README.md says how to
    resize and to rebuild). Operators enter through Session Manager. Systems add ingress rules, secrets and policies.
    """

    role_name: pulumi.Output[str]
    """Name of the machine's own role, for further policies."""
    role_arn: pulumi.Output[str]
    """ARN of the machine's own role."""
    security_group_id: pulumi.Output[str]
    """Its own group: nothing comes in, and web traffic alone goes out."""
    instance_id: pulumi.Output[str]
    """Id of the instance."""
    private_address: pulumi.Output[str]
    """Private IPv4 address; it belongs to the network interface, so a rebuilt machine has the same one."""
    public_address: pulumi.Output[str] | None
    """Static public IPv4 address, if it has one."""
    data_volume_id: pulumi.Output[str]
    """Id of the data disk."""
    login: pulumi.Output[str]
    """The command that logs an operator in, through Session Manager."""

    def __init__(
        self,
        name: str,
        args: Ec2MachineArgs,
        context: StackContext,
        *,
        aws_provider: aws.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:machine:Ec2Machine", name, context, providers=[aws_provider], opts=opts)
        own = identity(self, args)
        group = _security_group(self, args)
        interface = _interface(self, args, group)
        public = _public_address(self, interface) if args.public_address else None
        volume = data_volume(self, args.size, args.availability_zone)
        document = _document(self, args, volume)
        instance = _instance(self, args, own, interface, document)
        attach(self, instance, volume)
        alarms(self, args, instance)

        self.role_name = own.role.name
        self.role_arn = own.role.arn
        self.security_group_id = group.id
        self.instance_id = instance.id
        self.private_address = interface.private_ip
        self.public_address = None if public is None else public.public_ip
        self.data_volume_id = volume.id
        self.login = pulumi.Output.concat(f"aws ssm start-session --region={context.aws_region} --target=", instance.id)
        self.register_outputs(
            {
                "instance_id": self.instance_id,
                "private_address": self.private_address,
                "protected": context.protected,
            }
        )


def _security_group(component: Component, args: Ec2MachineArgs) -> aws.ec2.SecurityGroup:
    name = f"{component.name}-machine"
    group = aws.ec2.SecurityGroup(
        name,
        vpc_id=args.vpc_id,
        description=f"Machine {component.name}; systems add what may come in",
        tags=component.tags(component.name),
        opts=component.child(),
    )
    for protocol, port in OUTGOING_PORTS.items():
        aws_egress(
            component,
            f"{name}-{protocol}",
            group.id,
            description=f"{protocol.upper()} to mirrors and cloud interfaces",
            port=port,
            cidr=EVERYWHERE,
            tag=protocol,
        )
    return group


def _interface(component: Component, args: Ec2MachineArgs, group: aws.ec2.SecurityGroup) -> aws.ec2.NetworkInterface:
    """Apart from the instance, because peers know its address and it must outlive a rebuild."""
    return aws.ec2.NetworkInterface(
        component.name,
        subnet_id=args.subnet_id,
        security_groups=[group.id],
        description=f"Machine {component.name}",
        tags=component.tags(component.name),
        opts=component.stateful(),
    )


def _public_address(component: Component, interface: aws.ec2.NetworkInterface) -> aws.ec2.Eip:
    return aws.ec2.Eip(
        f"{component.name}-public",
        domain="vpc",
        network_interface=interface.id,
        tags=component.tags(component.name),
        opts=component.stateful(),
    )


def _document(component: Component, args: Ec2MachineArgs, volume: aws.ebs.Volume) -> aws.s3.BucketObjectv2:
    name, store = component.name, args.store
    return aws.s3.BucketObjectv2(
        f"{name}-document",
        bucket=store.s3_bucket,
        key=document_path(name),
        content=document_text(
            args,
            MachineFacts(
                name=name,
                cloud=Cloud.AWS,
                size=args.size,
                bundle_url=store.s3_bundle,
                device=device_of(volume),
                project=component.context.aws_account_id,
            ),
            component.context,
        ),
        content_type="application/json",
        tags=component.tags(),
        opts=component.child(),
    )


def _instance(
    component: Component,
    args: Ec2MachineArgs,
    own: Identity,
    interface: aws.ec2.NetworkInterface,
    document: aws.s3.BucketObjectv2,
) -> aws.ec2.Instance:
    protected = component.context.protected
    address = pulumi.Output.concat("s3://", document.bucket, "/", document.key)
    return aws.ec2.Instance(
        component.name,
        ami=args.image,
        instance_type=args.size.instance_type,
        availability_zone=args.availability_zone,
        iam_instance_profile=own.profile.name,
        primary_network_interface=aws.ec2.InstancePrimaryNetworkInterfaceArgs(network_interface_id=interface.id),
        user_data_base64=user_data_base64(),
        user_data_replace_on_change=False,
        disable_api_termination=protected,
        # The provider stops an instance to change its type, without asking; this makes AWS refuse.
        disable_api_stop=protected,
        instance_initiated_shutdown_behavior="stop",
        metadata_options=_metadata_options(),
        root_block_device=aws.ec2.InstanceRootBlockDeviceArgs(
            volume_size=args.size.boot_disk_gib,
            volume_type="gp3",
            encrypted=True,
            delete_on_termination=True,
            tags=component.tags(f"{component.name}-boot"),
        ),
        maintenance_options=aws.ec2.InstanceMaintenanceOptionsArgs(auto_recovery="default"),
        tags={**component.tags(component.name), DOCUMENT_ATTRIBUTE: address},
        opts=component.stateful(
            depends_on=[document, own.policy],
            # An image is looked at once; encryption and user data of a living machine would replace or stop it.
            ignore_changes=["ami", "userData", "userDataBase64", "rootBlockDevice.encrypted"],
        ),
    )


def _metadata_options() -> aws.ec2.InstanceMetadataOptionsArgs:
    return aws.ec2.InstanceMetadataOptionsArgs(
        http_endpoint="enabled",
        http_tokens="required",
        # One hop: containers on the machine cannot take its identity.
        http_put_response_hop_limit=1,
        # The machine finds its document by a tag.
        instance_metadata_tags="enabled",
    )
