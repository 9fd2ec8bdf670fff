"""AWS: what the identities may do in the account."""

from collections.abc import Sequence

import pulumi

from components.audit import AuditNames
from components.ci_identity.boundary import boundary_arn, own_names
from components.ci_identity.claims import Purpose
from components.component import Component, StackContext
from components.iam import Statement
from components.roles import MANAGED_POLICIES
from settings.backup_vault.retention import RETENTION_ACTIONS

DESCRIBE_TRAILS = "cloudtrail:DescribeTrails"

PREVIEW_ACTIONS = (
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeScalingActivities",
    DESCRIBE_TRAILS,
    "cloudtrail:GetEventSelectors",
    "cloudtrail:GetInsightSelectors",
    "cloudtrail:GetTrail",
    "cloudtrail:GetTrailStatus",
    "cloudtrail:ListTags",
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
    "ec2:DescribeVpnGateways",
    "ec2:GetManagedPrefixListEntries",
    "eks:DescribeAccessEntry",
    "eks:DescribeAddon",
    "eks:DescribeAddonVersions",
    "eks:DescribeCluster",
    "eks:DescribeNodegroup",
    "eks:DescribePodIdentityAssociation",
    "eks:ListAssociatedAccessPolicies",
    "iam:GetInstanceProfile",
    "iam:GetOpenIDConnectProvider",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
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
may widen its narrower policies at any time.

ec2:DescribeVpnConnections is left out: its answer holds the pre-shared keys of every connection of the account. Where
the link is a haVpn, a refresh ends at the connections, therefore (docs/ci.md)."""

DEPLOY_SERVICES = (
    "autoscaling",
    "cloudwatch",
    "dlm",
    "ec2",
    "eks",
    "kms",
    "logs",
    "sns",
)
"""Services in which the program makes something that no name tells from what is not its own. Those of which the names
begin with prefix and stack have statements of their own, and so has IAM."""

PARAMETER_ACTIONS = (
    "ssm:AddTagsToResource",
    "ssm:DeleteParameter",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:ListTagsForResource",
    "ssm:PutParameter",
    "ssm:RemoveTagsFromResource",
)
"""Systems Manager as a whole would run commands on every machine of the account, by associations and windows too."""

IAM_READS = (
    "iam:GetInstanceProfile",
    "iam:GetOpenIDConnectProvider",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListInstanceProfilesForRole",
    "iam:ListRolePolicies",
    "iam:ListRoleTags",
)

BOUNDED_ACTIONS = (
    "iam:CreateRole",
    "iam:DeleteRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
)
ATTACHING_ACTIONS = ("iam:AttachRolePolicy", "iam:DetachRolePolicy")
"""With those before, all that IAM holds against `iam:PermissionsBoundary` (service authorization reference of IAM)."""

NAMED_ROLE_ACTIONS = (
    "iam:DeleteRole",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
)
"""IAM knows no boundary here. A role's name is all that tells it from others, whose trust would be a way in."""

PROFILE_ACTIONS = (
    "iam:AddRoleToInstanceProfile",
    "iam:CreateInstanceProfile",
    "iam:DeleteInstanceProfile",
    "iam:RemoveRoleFromInstanceProfile",
    "iam:TagInstanceProfile",
    "iam:UntagInstanceProfile",
)

ROLE_CHANGES = (*BOUNDED_ACTIONS, *ATTACHING_ACTIONS, *NAMED_ROLE_ACTIONS, "iam:PassRole")

IDENTITY_CHANGES = (
    "iam:CreatePolicyVersion",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:DeleteRolePermissionsBoundary",
    "iam:AddClientIDToOpenIDConnectProvider",
    "iam:CreateOpenIDConnectProvider",
    "iam:DeleteOpenIDConnectProvider",
    "iam:UpdateOpenIDConnectProviderThumbprint",
    "iam:CreateSAMLProvider",
    "iam:UpdateSAMLProvider",
    "iam:CreateUser",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
)
"""None of it is allowed anywhere else either: the denial is for the day on which somebody adds a policy to the role."""

ROLES_GO_TO = (
    "dlm.amazonaws.com",
    "ec2.amazonaws.com",
    "eks.amazonaws.com",
    "pods.eks.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)
LINKED_SERVICES = (
    "autoscaling.amazonaws.com",
    "eks.amazonaws.com",
    "eks-nodegroup.amazonaws.com",
    "spot.amazonaws.com",
)
"""Services that make a role of their own at first use."""

LOG_CHANGES = tuple(f"logs:{verb}*" for verb in ("Associate", "Create", "Delete", "Disassociate", "Put", "Update"))
ALARM_CHANGES = tuple(f"cloudwatch:{verb}*" for verb in ("Delete", "Disable", "Put", "Set", "Untag"))
RECORD_CHANGES = (
    *RETENTION_ACTIONS,
    *(f"s3:{verb}*" for verb in ("Create", "Delete", "GetObject", "Put", "Replicate", "Restore", "Update")),
)
"""All that changes something, by its first word: a list of single actions is never whole, and AWS adds others, such as
rules that mute alarms, and keys without which a log group takes nothing."""

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

    It can act as any machine of the estate, since it makes machines. What no role of the estate may do, it cannot make
    one do: each that it makes or changes has the boundary, and those that have none bear other names.
    """
    context = component.context
    account, own = context.aws_account_id, own_names(context)
    here = {"StringEquals": {"aws:RequestedRegion": context.aws_region}}
    secrets = f"arn:aws:secretsmanager:{context.aws_region}:{account}:secret:{own}"
    return (
        Statement(
            sid="DeployManagesItsServices",
            actions=[f"{service}:*" for service in DEPLOY_SERVICES],
            resources=["*"],
            conditions=here,
        ),
        Statement(
            sid="DescribeHasNoResourceLevel", actions=[DESCRIBE_TRAILS, "ssm:DescribeParameters"], resources=["*"]
        ),
        # A person makes trails; a refresh before an update reads them.
        Statement(
            sid="DeployReadsTrails",
            actions=[name for name in PREVIEW_ACTIONS if name.startswith("cloudtrail:") and name != DESCRIBE_TRAILS],
            resources=[f"arn:aws:cloudtrail:{context.aws_region}:{context.aws_account_id}:trail/*"],
        ),
        Statement(sid="DeployManagesItsBuckets", actions=["s3:*"], resources=[f"arn:aws:s3:::{own}"], conditions=here),
        Statement(sid="DeployManagesItsSecrets", actions=["secretsmanager:*"], resources=[secrets], conditions=here),
        Statement(sid="ManageOwnParameters", actions=PARAMETER_ACTIONS, resources=[_parameters(context)]),
        *_role_statements(context),
        Statement(
            sid="NeverReadSecrets",
            effect="Deny",
            actions=["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"],
            resources=["*"],
        ),
        Statement(sid="NeverLogIn", effect="Deny", actions=LOG_IN_ACTIONS, resources=["*"]),
        Statement(sid="NeverBecomeAnother", effect="Deny", actions=["sts:AssumeRole"], resources=["*"]),
        Statement(sid="NeverChangeIdentities", effect="Deny", actions=IDENTITY_CHANGES, resources=["*"]),
        Statement(sid="NeverWidenItself", effect="Deny", actions=ROLE_CHANGES, resources=list(guarded)),
    )


def _role_statements(context: StackContext) -> tuple[Statement, ...]:
    """Roles of this stack's names, which keep to its boundary (IAM user guide, "Permissions boundaries")."""
    iam = f"arn:aws:iam::{context.aws_account_id}"
    roles, profiles = f"{iam}:role/{own_names(context)}", f"{iam}:instance-profile/{own_names(context)}"
    bounded = {"iam:PermissionsBoundary": boundary_arn(context)}
    attachable = [f"arn:aws:iam::aws:policy/{policy}" for policy in MANAGED_POLICIES]
    return (
        Statement(
            sid="ReadIdentities",
            actions=IAM_READS,
            resources=[roles, profiles, boundary_arn(context), f"{iam}:oidc-provider/*"],
        ),
        Statement(
            sid="MakeBoundedRoles", actions=BOUNDED_ACTIONS, resources=[roles], conditions={"ArnEquals": bounded}
        ),
        Statement(
            sid="AttachReviewedPolicies",
            actions=ATTACHING_ACTIONS,
            resources=[roles],
            conditions={"ArnEquals": {**bounded, "iam:PolicyARN": attachable}},
        ),
        Statement(sid="ChangeOwnRoles", actions=NAMED_ROLE_ACTIONS, resources=[roles]),
        Statement(sid="ManageInstanceProfiles", actions=PROFILE_ACTIONS, resources=[profiles]),
        Statement(
            sid="GiveRolesToServices",
            actions=["iam:PassRole"],
            resources=[roles],
            conditions={"StringEquals": {"iam:PassedToService": ROLES_GO_TO}},
        ),
        Statement(
            sid="LetServicesMakeTheirRoles",
            actions=["iam:CreateServiceLinkedRole"],
            resources=[f"{iam}:role/aws-service-role/*"],
            conditions={"StringEquals": {"iam:AWSServiceName": LINKED_SERVICES}},
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
            actions=["s3:*"],
            resources=[objects],
        ),
    )


def audit_statements(audit: AuditNames) -> Sequence[Statement]:
    """What keeps the records of a deployment, and the alarms on it, out of its reach. It has no right on trails."""
    return (
        Statement(
            sid="NeverTouchRecords",
            effect="Deny",
            actions=RECORD_CHANGES,
            resources=[audit.bucket_arn, f"{audit.bucket_arn}/*"],
        ),
        Statement(
            sid="NeverSilenceRecords",
            effect="Deny",
            actions=LOG_CHANGES,
            resources=[audit.log_group_arn, f"{audit.log_group_arn}:*"],
        ),
        Statement(sid="NeverSilenceAlarms", effect="Deny", actions=ALARM_CHANGES, resources=[audit.alarm_arns]),
    )


def role_arn(component: Component, purpose: Purpose) -> str:
    """The ARN of an identity's role, which its own policy must name before it exists."""
    name = component.context.physical_name("ci", purpose, kind="iam_role")
    return f"arn:aws:iam::{component.context.aws_account_id}:role/{name}"


def _parameters(context: StackContext) -> str:
    place = f"{context.name_prefix}/{context.stack}"
    return f"arn:aws:ssm:{context.aws_region}:{context.aws_account_id}:parameter/{place}/*"
