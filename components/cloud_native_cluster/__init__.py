"""The cloud-native EKS cluster, on which CI tries charts and operators."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cloud_native_cluster.pod_network import CLUSTER_TAG, SERVICE_ACCOUNT, pod_network_role
from components.component import Component, StackContext
from components.iam import service_trust
from components.network import AwsNetwork
from components.roles import bounded_role
from settings.cloud_native_cluster.section import CloudNativeClusterSettings
from settings.machine.processors import aws_architecture
from settings.vocabulary import Architecture

AGENT, POD_NETWORK = "eks-pod-identity-agent", "vpc-cni"
ADDONS = (POD_NETWORK, "kube-proxy", "coredns", AGENT)
"""Add-ons without which a cluster runs no pods, or pods have no identity of their own."""

NEEDED_BY_NODES = (AGENT, POD_NETWORK, "kube-proxy")
"""Add-ons without which a node is never ready; the others wait for one."""

NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
"""What a node needs (Amazon EKS user guide, "Amazon EKS node IAM role"). Not AmazonEKS_CNI_Policy: with it a node could
take the interfaces of every machine of the account, pg-b's included; the CNI has a role of its own."""

NODE_IMAGES = {Architecture.AMD64: "AL2023_x86_64_STANDARD", Architecture.ARM64: "AL2023_ARM_64_STANDARD"}
"""Amazon's own images for nodes (Amazon EKS API reference, "Nodegroup", amiType)."""

LOG_TYPES = ("api", "audit", "authenticator")


@dataclass(frozen=True, kw_only=True)
class CloudNativeClusterArgs:
    """Arguments of a CloudNativeCluster."""

    settings: CloudNativeClusterSettings
    network: AwsNetwork


class CloudNativeCluster(Component):
    """An EKS cluster with one managed node group in the private subnets.

    **Pulumi type:** `packyard:cloud_native_cluster:CloudNativeCluster`

    Makes the cluster, its key for Kubernetes secrets, log group, roles, add-ons, node group, and an access entry for
    each maintainer role. What runs inside is not its business. It is not stateful, so only the key is protected.
    """

    cluster_name: pulumi.Output[str]
    """Name for `aws eks update-kubeconfig`."""
    endpoint: pulumi.Output[str]
    """Address of the Kubernetes API."""

    def __init__(
        self,
        name: str,
        args: CloudNativeClusterArgs,
        context: StackContext,
        *,
        aws_provider: aws.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "packyard:cloud_native_cluster:CloudNativeCluster", name, context, providers=[aws_provider], opts=opts
        )
        cluster = _control_plane(self, args)
        addons = _addons(self, args, cluster)
        _node_group(self, args, cluster, [addons[addon] for addon in NEEDED_BY_NODES])
        _maintainers(self, args, cluster)

        self.cluster_name = cluster.name
        self.endpoint = cluster.endpoint
        self.register_outputs({"cluster_name": self.cluster_name, "endpoint": self.endpoint})


def _control_plane(component: Component, args: CloudNativeClusterArgs) -> aws.eks.Cluster:
    name = component.name
    physical = _physical_name(component)
    key = aws.kms.Key(
        f"{name}-secrets",
        description="Kubernetes secrets of the cloud-native cluster",
        enable_key_rotation=True,
        deletion_window_in_days=30,
        tags=component.tags("secrets"),
        opts=component.stateful(),
    )
    # EKS makes this group by itself if it is missing, and then keeps logs for ever.
    logs = aws.cloudwatch.LogGroup(
        f"{name}-logs",
        name=f"/aws/eks/{physical}/cluster",
        retention_in_days=args.settings.log_retention_days,
        tags=component.tags("logs"),
        opts=component.child(),
    )
    role = _role(component, "control-plane", "eks.amazonaws.com", ("AmazonEKSClusterPolicy",))
    return aws.eks.Cluster(
        name,
        name=physical,
        version=args.settings.version,
        role_arn=role.arn,
        # Who may enter is said by access entries alone; whoever creates the cluster gets no hidden right.
        access_config=aws.eks.ClusterAccessConfigArgs(
            authentication_mode="API", bootstrap_cluster_creator_admin_permissions=False
        ),
        encryption_config=aws.eks.ClusterEncryptionConfigArgs(
            provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=key.arn), resources=["secrets"]
        ),
        vpc_config=aws.eks.ClusterVpcConfigArgs(
            subnet_ids=args.network.private_subnet_ids,
            endpoint_private_access=True,
            endpoint_public_access=bool(args.settings.api_access_cidrs),
            public_access_cidrs=list(args.settings.api_access_cidrs) or None,
        ),
        enabled_cluster_log_types=list(LOG_TYPES),
        upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
        tags=component.tags(name),
        opts=component.child(depends_on=[logs]),
    )


def _physical_name(component: Component) -> str:
    """The cluster's name, which its interfaces and nodes are marked with."""
    return component.context.physical_name(component.name, kind="iam_role")


def _addons(component: Component, args: CloudNativeClusterArgs, cluster: aws.eks.Cluster) -> dict[str, aws.eks.Addon]:
    role = pod_network_role(component, cluster, args.network, _physical_name(component))
    identity = aws.eks.AddonPodIdentityAssociationArgs(role_arn=role.arn, service_account=SERVICE_ACCOUNT)
    return {
        addon: aws.eks.Addon(
            f"{component.name}-{addon}",
            cluster_name=cluster.name,
            addon_name=addon,
            pod_identity_associations=[identity] if addon == POD_NETWORK else None,
            tags=component.tags(addon),
            opts=component.child(),
        )
        for addon in ADDONS
    }


def _node_group(
    component: Component,
    args: CloudNativeClusterArgs,
    cluster: aws.eks.Cluster,
    addons: Sequence[pulumi.Resource],
) -> None:
    nodes = args.settings.nodes
    name = f"{component.name}-nodes"
    template = aws.ec2.LaunchTemplate(
        name,
        # Pods get their identity from the agent; the node's own must stay out of their reach.
        metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
            http_tokens="required", http_put_response_hop_limit=1
        ),
        block_device_mappings=[
            aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                device_name="/dev/xvda",
                ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                    encrypted="true", volume_size=nodes.disk_gib, volume_type="gp3", delete_on_termination="true"
                ),
            )
        ],
        tag_specifications=[
            aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=component.tags("node"))
            for kind in ("instance", "volume")
        ]
        + [
            # The CNI may change marked interfaces alone, and has no right to mark this one.
            aws.ec2.LaunchTemplateTagSpecificationArgs(
                resource_type="network-interface",
                tags={**component.tags("node"), CLUSTER_TAG: _physical_name(component)},
            )
        ],
        update_default_version=True,
        tags=component.tags("nodes"),
        opts=component.child(),
    )
    aws.eks.NodeGroup(
        name,
        cluster_name=cluster.name,
        node_role_arn=_role(component, "node", "ec2.amazonaws.com", NODE_POLICIES).arn,
        subnet_ids=args.network.private_subnet_ids,
        # Without it the nodes stay at the version that they were made with.
        version=cluster.version,
        ami_type=_node_image(nodes.instance_types),
        capacity_type="SPOT",
        instance_types=list(nodes.instance_types),
        scaling_config=aws.eks.NodeGroupScalingConfigArgs(
            desired_size=nodes.minimum, min_size=nodes.minimum, max_size=nodes.maximum
        ),
        launch_template=aws.eks.NodeGroupLaunchTemplateArgs(id=template.id, version=template.latest_version.apply(str)),
        update_config=aws.eks.NodeGroupUpdateConfigArgs(max_unavailable_percentage=33),
        tags=component.tags("nodes"),
        # The cluster autoscaler of CI owns the size.
        opts=component.child(depends_on=addons, ignore_changes=["scalingConfig.desiredSize"]),
    )


def _node_image(instance_types: Sequence[str]) -> str:
    architecture = aws_architecture(instance_types[0])
    if architecture is None:
        raise ValueError(f"{instance_types[0]} is of an unknown family")
    return NODE_IMAGES[architecture]


def _maintainers(component: Component, args: CloudNativeClusterArgs, cluster: aws.eks.Cluster) -> None:
    for arn in args.settings.maintainers:
        holder, _, path = arn.partition(":role/")
        own = holder.endswith(f":{component.context.aws_account_id}")
        # Roles of two accounts may have one name.
        name = f"{component.name}-{path}" if own else f"{component.name}-{holder.rpartition(':')[2]}-{path}"
        entry = aws.eks.AccessEntry(
            name, cluster_name=cluster.name, principal_arn=arn, tags=component.tags(), opts=component.child()
        )
        aws.eks.AccessPolicyAssociation(
            name,
            cluster_name=cluster.name,
            principal_arn=arn,
            policy_arn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
            access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
            opts=component.child(depends_on=[entry]),
        )


def _role(component: Component, part: str, service: str, policies: Sequence[str]) -> aws.iam.Role:
    role = bounded_role(component, f"{component.name}-{part}", trust=service_trust(service), tags=component.tags(part))
    for policy in policies:
        aws.iam.RolePolicyAttachment(
            f"{component.name}-{part}-{policy.lower()}",
            role=role.name,
            policy_arn=f"arn:aws:iam::aws:policy/{policy}",
            opts=component.child(),
        )
    return role
