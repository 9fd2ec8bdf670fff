"""AWS: the most that any role of the estate may ever do, so that whoever may make roles gains nothing by it."""

import pulumi
import pulumi_aws as aws

from components.component import Component, StackContext
from components.iam import Statement, policy_document

BOUNDARY_NAME = "role-boundary"

OBJECT_ACTIONS = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetBucketLocation",
    "s3:GetObject",
    "s3:GetObjectRetention",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
)
"""Of these none changes a bucket, or ends a version's life before its time."""

REGIONAL_ACTIONS = (
    "autoscaling:*",
    "ec2:*",
    "ecr:BatchGetImage",
    "ecr:BatchImportUpstreamImage",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
    "eks-auth:AssumeRoleForPodIdentity",
    "eks:DescribeCluster",
    "elasticloadbalancing:*",
    "kms:DescribeKey",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
"""Whole services where EKS brings policies of AWS, which AWS widens: a boundary of single actions would stop nodes one
day. What of them is whole is the deploy identity's own anyway, but for load balancers."""

TAKES_MACHINES = (
    "autoscaling:UpdateAutoScalingGroup",
    "ec2:AttachVolume",
    "ec2:CreateReplaceRootVolumeTask",
    "ec2:DeleteVolume",
    "ec2:DetachVolume",
    "ec2:ModifyInstanceAttribute",
    "ec2:ModifyVolume",
)
"""What makes somebody root on a machine, or takes its disk, by policies of AWS that know no resource: its policy for
clusters allows most of it on every machine of the account. A cluster needs none of it (EKS user guide, "Amazon EKS
cluster IAM role", minimal permissions; nodes are made and changed by a role of EKS's own)."""

NODE_TAGS = "kubernetes.io/cluster/*"
"""What a cluster tags its nodes with (the same page). A machine takes its document from another tag."""


class RoleBoundary(Component):
    """The managed policy that bounds every role of the estate on AWS.

    **Pulumi type:** `packyard:ci_identity:RoleBoundary`

    It grants nothing: a role may do what its own policies *and* this one allow. No role can be given rights over
    identities, retention, or what does not begin with the stack's name, and none takes over another machine. A person
    makes and changes it, as the identities; the deploy identity may neither change it nor make a role without it.
    """

    arn: pulumi.Output[str]
    """Of the policy, for every role of the estate."""

    def __init__(
        self,
        name: str,
        context: StackContext,
        *,
        aws_provider: aws.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:ci_identity:RoleBoundary", name, context, providers=[aws_provider], opts=opts)
        policy = aws.iam.Policy(
            name,
            name=context.physical_name(BOUNDARY_NAME, kind="iam_role"),
            description="The most that a role of this stack may do",
            policy=policy_document(*boundary_statements(context)),
            tags=self.tags(),
            opts=self.child(),
        )
        # Made from the name, because a preview knows it and shows it at every role; it still waits for the policy.
        self.arn = policy.name.apply(lambda _: boundary_arn(context))
        self.register_outputs({"arn": self.arn})


def boundary_arn(context: StackContext) -> str:
    """The ARN of the boundary, which the deploy identity's policy must name."""
    name = context.physical_name(BOUNDARY_NAME, kind="iam_role")
    return f"arn:aws:iam::{context.aws_account_id}:policy/{name}"


def boundary_statements(context: StackContext) -> tuple[Statement, ...]:
    """What roles of this stack may be given."""
    own, place = own_names(context), f"{context.aws_region}:{context.aws_account_id}"
    parameters = f"arn:aws:ssm:{place}:parameter/{context.name_prefix}/{context.stack}"
    here = {"StringEquals": {"aws:RequestedRegion": context.aws_region}}
    return (
        Statement(sid="ObjectsOfOwnBuckets", actions=OBJECT_ACTIONS, resources=[f"arn:aws:s3:::{own}"]),
        Statement(sid="ServicesOfOwnRegion", actions=REGIONAL_ACTIONS, resources=["*"], conditions=here),
        Statement(sid="OwnMetrics", actions=["cloudwatch:PutMetricData"], resources=["*"], conditions=here),
        Statement(
            sid="WriteLogs",
            actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            resources=[f"arn:aws:logs:{place}:log-group:*"],
        ),
        Statement(
            sid="OwnParameters",
            actions=["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:PutParameter"],
            resources=[parameters, f"{parameters}/*"],
        ),
        Statement(
            sid="OwnSecrets",
            actions=["secretsmanager:GetSecretValue"],
            resources=[f"arn:aws:secretsmanager:{place}:secret:{own}"],
        ),
        Statement(
            sid="LogInToOwnWorkers",
            actions=["ec2-instance-connect:SendSSHPublicKey"],
            resources=[f"arn:aws:ec2:{place}:instance/*"],
            conditions={"StringLike": {"ec2:ResourceTag/aws:autoscaling:groupName": own}},
        ),
        Statement(effect="Deny", sid="NobodyTakesMachines", actions=TAKES_MACHINES, resources=["*"]),
        Statement(
            effect="Deny",
            sid="NobodyTellsMachinesWhatTheyAre",
            actions=["ec2:CreateTags"],
            resources=["arn:aws:ec2:*:*:instance/*"],
            conditions={"ForAnyValue:StringNotLike": {"aws:TagKeys": NODE_TAGS}},
        ),
        Statement(
            sid="LoadBalancersMakeTheirRole",
            actions=["iam:CreateServiceLinkedRole"],
            resources=[f"arn:aws:iam::{context.aws_account_id}:role/aws-service-role/*"],
            conditions={"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
        ),
    )


def own_names(context: StackContext) -> str:
    """Pattern of the physical names of this stack, and of no other: neither prefix nor stack may be left out."""
    return f"{context.name_prefix}-{context.stack}-*"
