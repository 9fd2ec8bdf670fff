"""AWS: what the identities may do in the account."""

from collections.abc import Sequence

import pulumi

from components.ci_identity.claims import Purpose
from components.component import Component, StackContext
from components.iam import Statement
from settings.backup_vault.retention import RETENTION_ACTIONS

PREVIEW_ACTIONS = (
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeScalingActivities",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:ListTagsForResource",
    "dlm:GetLifecyclePolicy",
    "dlm:ListTagsForResource",
    "ec2:DescribeAddresses",
    "ec2:DescribeAddressesAttribute",
    "ec2:DescribeCustomerGateways",
    "ec2:DescribeFlowLogs",
    "ec2:DescribeIamInstanceProfileAssociations",
    "ec2:DescribeInstanceAttribute",
    "ec2:DescribeInstanceCreditSpecifications",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribeLaunchTemplates",
    "ec2:DescribeManagedPrefixLists",
    "ec2:DescribeNatGateways",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribePrefixLists",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroupRules",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeTags",
    "ec2:DescribeVolumes",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcs",
    "ec2:DescribeVpnConnections",
    "ec2:DescribeVpnGateways",
    "ec2:GetManagedPrefixListEntries",
    "eks:DescribeAccessEntry",
    "eks:DescribeAddon",
    "eks:DescribeAddonVersions",
    "eks:DescribeCluster",
    "eks:DescribeNodegroup",
    "eks:ListAssociatedAccessPolicies",
    "iam:GetInstanceProfile",
    "iam:GetOpenIDConnectProvider",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListInstanceProfilesForRole",
    "iam:ListRolePolicies",
    "iam:ListRoleTags",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListResourceTags",
    "logs:DescribeLogGroups",
    "logs:DescribeMetricFilters",
    "logs:ListTagsForResource",
    "s3:GetAccelerateConfiguration",
    "s3:GetBucketAcl",
    "s3:GetBucketCORS",
    "s3:GetBucketLocation",
    "s3:GetBucketLogging",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketRequestPayment",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:GetBucketWebsite",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetResourcePolicy",
    "sns:GetSubscriptionAttributes",
    "sns:GetTopicAttributes",
    "sns:ListTagsForResource",
    "ssm:DescribeParameters",
    "ssm:ListTagsForResource",
)
"""What a refresh reads, and nothing more. ReadOnlyAccess of AWS would read every object and every log entry, and AWS
may widen its narrower policies at any time."""

DEPLOY_SERVICES = (
    "autoscaling",
    "cloudwatch",
    "dlm",
    "ec2",
    "eks",
    "kms",
    "logs",
    "s3",
    "secretsmanager",
    "sns",
    "ssm",
)
"""Services in which the program makes something. IAM has a list of its own."""

IAM_ACTIONS = (
    "iam:AddRoleToInstanceProfile",
    "iam:AttachRolePolicy",
    "iam:CreateInstanceProfile",
    "iam:CreateRole",
    "iam:DeleteInstanceProfile",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:GetInstanceProfile",
    "iam:GetOpenIDConnectProvider",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListInstanceProfilesForRole",
    "iam:ListRolePolicies",
    "iam:ListRoleTags",
    "iam:PutRolePolicy",
    "iam:RemoveRoleFromInstanceProfile",
    "iam:TagInstanceProfile",
    "iam:TagRole",
    "iam:UntagInstanceProfile",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
)
"""For the roles of machines and services; no user, no access key, no policy of its own, no issuer."""

ROLE_CHANGES = tuple(
    action for action in IAM_ACTIONS if "Role" in action and not action.startswith(("iam:Get", "iam:List"))
)

ROLES_GO_TO = ("dlm.amazonaws.com", "ec2.amazonaws.com", "eks.amazonaws.com", "vpc-flow-logs.amazonaws.com")
LINKED_SERVICES = (
    "autoscaling.amazonaws.com",
    "eks.amazonaws.com",
    "eks-nodegroup.amazonaws.com",
    "spot.amazonaws.com",
)
"""Services that make a role of their own at first use."""

LOG_IN_ACTIONS = ("ssm:ResumeSession", "ssm:SendCommand", "ssm:StartAutomationExecution", "ssm:StartSession")


def preview_statements(component: Component, machine_store_arn: pulumi.Input[str]) -> Sequence[Statement]:
    """Reads configuration. The denials hold even where a bucket's or a secret's own policy would let it in."""
    context = component.context
    return (
        Statement(sid="PreviewReadsConfiguration", actions=PREVIEW_ACTIONS, resources=["*"]),
        Statement(
            sid="ReadMachinePrograms",
            actions=["s3:GetObject", "s3:GetObjectTagging"],
            resources=[pulumi.Output.concat(machine_store_arn, "/*")],
        ),
        # They hold public keys and certificates. Nothing outside of the stack's own path, where others keep secrets.
        Statement(
            sid="ReadOwnParameters", actions=["ssm:GetParameter", "ssm:GetParameters"], resources=[_parameters(context)]
        ),
        Statement(
            sid="NeverReadSecrets",
            effect="Deny",
            actions=["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue", "kms:Decrypt"],
            resources=["*"],
        ),
        Statement(sid="NeverBecomeAnother", effect="Deny", actions=["sts:AssumeRole"], resources=["*"]),
    )


def deploy_statements(component: Component, guarded: Sequence[pulumi.Input[str]]) -> Sequence[Statement]:
    """Makes, changes and deletes what the program holds, in its own region; `guarded` are roles that it leaves alone.

    Broad by nature: whoever may make roles and machines can in the end do what any role can. The denials stop accidents
    and the short ways; what protects the account is who may take this role, and that a person looks at the plan.
    """
    context = component.context
    iam = f"arn:aws:iam::{context.aws_account_id}"
    return (
        Statement(
            sid="DeployManagesItsServices",
            actions=[f"{service}:*" for service in DEPLOY_SERVICES],
            resources=["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": context.aws_region}},
        ),
        Statement(
            sid="ManageRoles",
            actions=IAM_ACTIONS,
            resources=[f"{iam}:role/*", f"{iam}:instance-profile/*", f"{iam}:oidc-provider/*"],
        ),
        Statement(
            sid="GiveRolesToServices",
            actions=["iam:PassRole"],
            resources=[f"{iam}:role/*"],
            conditions={"StringEquals": {"iam:PassedToService": ROLES_GO_TO}},
        ),
        Statement(
            sid="LetServicesMakeTheirRoles",
            actions=["iam:CreateServiceLinkedRole"],
            resources=[f"{iam}:role/aws-service-role/*"],
            conditions={"StringEquals": {"iam:AWSServiceName": LINKED_SERVICES}},
        ),
        Statement(
            sid="NeverReadSecrets",
            effect="Deny",
            actions=["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"],
            resources=["*"],
        ),
        Statement(sid="NeverLogIn", effect="Deny", actions=LOG_IN_ACTIONS, resources=["*"]),
        Statement(sid="NeverBecomeAnother", effect="Deny", actions=["sts:AssumeRole"], resources=["*"]),
        Statement(
            sid="NeverWidenItself", effect="Deny", actions=[*ROLE_CHANGES, "iam:PassRole"], resources=list(guarded)
        ),
    )


def vault_statements(bucket_arn: pulumi.Input[str]) -> Sequence[Statement]:
    """What keeps the backups out of a deployment's reach: the bucket's own policy says it too, and may be lost."""
    objects = pulumi.Output.concat(bucket_arn, "/*")
    return (
        Statement(
            sid="NeverShortenRetention",
            effect="Deny",
            actions=RETENTION_ACTIONS,
            resources=[bucket_arn, objects],
        ),
        Statement(
            sid="NeverTouchBackups",
            effect="Deny",
            actions=["s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
            resources=[objects],
        ),
    )


def role_arn(component: Component, purpose: Purpose) -> str:
    """The ARN of an identity's role, which its own policy must name before it exists."""
    name = component.context.physical_name("ci", purpose, kind="iam_role")
    return f"arn:aws:iam::{component.context.aws_account_id}:role/{name}"


def _parameters(context: StackContext) -> str:
    place = f"{context.name_prefix}/{context.stack}"
    return f"arn:aws:ssm:{context.aws_region}:{context.aws_account_id}:parameter/{place}/*"
