"""Grants: named actions on named resources, and a reviewed reason for every exception."""

from collections.abc import Iterator, Mapping

from capture import Capture
from policies.ci_identity import custom_roles, is_boundary, is_deployment, is_reviewed_grant
from policies.policy import Finding
from policies.values import allowing_statements, at, strings, text, texts
from settings.backup_vault.retention import RETENTION_ACTIONS

WILDCARD_REASONS: Mapping[str, str] = {
    "DescribeHasNoResourceLevel": "Describe actions know no resources; they change nothing",
    "PreviewReadsConfiguration": "what previews refresh; no action of it returns an object or a secret",
    "PutMetricDataHasNoResourceLevel": "metrics have no ARN; a condition names the namespace",
    "SessionManagerHasNoResourceLevel": "the channels of Session Manager have no ARN before they are open",
}
"""Statement ids under which the resource "*" is allowed, with the reason. A new one needs a review."""

MANAGED_POLICIES: Mapping[str, str] = {
    "AmazonEC2ContainerRegistryPullOnly": "nodes of the CI cluster pull images; it has no resource of ours",
    "AmazonEKSClusterPolicy": "EKS refuses a control plane without it (EKS user guide, cluster IAM role)",
    "AmazonEKSWorkerNodePolicy": "EKS refuses nodes without it (EKS user guide, node IAM role)",
    "AmazonSSMManagedInstanceCore": "administration through Session Manager instead of SSH",
}
"""Policies of AWS that roles may use; AWS may widen them at any time."""

PROJECT_ROLES: Mapping[str, str] = {
    "roles/logging.logWriter": "log entries have no smaller scope than a project",
    "roles/monitoring.metricWriter": "points of a metric have no smaller scope than a project",
}
"""GCP roles that may be granted on a whole project, with the reason."""

PROJECT_PERMISSIONS: Mapping[str, str] = {
    "compute.urlMaps.invalidateCache": "conditions know no URL maps; it ends cached copies, no data and no routes",
}
"""Permissions of our own roles that may be granted on a whole project, with the reason."""

BASIC_ROLES = ("roles/owner", "roles/editor", "roles/viewer")


def actions_and_resources_are_named(capture: Capture) -> Iterator[Finding]:
    """A "*" grants whatever the cloud adds next year; where AWS leaves no choice, the statement's id says why."""
    for registration, statement in allowing_statements(capture):
        if is_boundary(registration) or is_deployment(registration, statement):
            continue
        for action in strings(statement.get("Action")):
            if "*" in action:
                yield Finding(registration, f"allows {action}. HINT: list the actions that are used")
        # A key policy can name nothing but its own key, and writes it as "*" (KMS developer guide).
        reviewed = registration.type == "aws:kms/key:Key" or statement.get("Sid", "") in WILDCARD_REASONS
        if "*" in strings(statement.get("Resource")) and not reviewed:
            yield Finding(
                registration,
                f'allows {", ".join(strings(statement.get("Action")))} on "*". HINT: name the resources; where AWS'
                " has no resource-level permission, a sid of WILDCARD_REASONS in policies/iam.py",
            )
        if "NotAction" in statement or "NotResource" in statement:
            yield Finding(registration, "allows everything but a list. HINT: list what is used")


def nobody_is_trusted_blindly(capture: Capture) -> Iterator[Finding]:
    """A principal "*" without a condition is the whole of AWS."""
    for registration, statement in allowing_statements(capture):
        principal = statement.get("Principal")
        named = strings(principal.get("AWS")) if isinstance(principal, dict) else (principal,)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] -- JSON
        if "*" in named and not statement.get("Condition"):
            yield Finding(registration, "trusts everyone. HINT: name the principal, or add a condition")


def federated_trust_is_pinned(capture: Capture) -> Iterator[Finding]:
    """Every service account of the world has a token of accounts.google.com; only the subject tells ours apart."""
    for registration, statement in allowing_statements(capture):
        principal = statement.get("Principal")
        federated = isinstance(principal, dict) and "Federated" in principal
        keys = {key.rpartition(":")[2] for keys in statement.get("Condition", {}).values() for key in keys}
        if federated and not {"sub", "aud"} <= keys:
            yield Finding(registration, "trusts any token of its issuer. HINT: conditions on :sub and on :aud")


def retention_is_for_operators(capture: Capture) -> Iterator[Finding]:
    """A machine that is broken into must not be able to shorten the life of the backups."""
    for registration, statement in allowing_statements(capture):
        for action in strings(statement.get("Action")):
            if action in RETENTION_ACTIONS:
                yield Finding(registration, f"allows {action}. HINT: leave it to operators")
    for grant in capture.of_type("gcp:storage/bucketIAMMember:BucketIAMMember"):
        if text(grant.inputs.get("role")) in ("roles/storage.admin", "roles/storage.legacyBucketOwner"):
            yield Finding(grant, "may change the bucket's own retention. HINT: roles/storage.objectUser or less")


def managed_policies_are_reviewed(capture: Capture) -> Iterator[Finding]:
    """AWS writes and widens its own policies; each one in use has a reason."""
    for registration in capture.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment"):
        arn = text(registration.inputs.get("policyArn"))
        if arn.startswith("arn:aws:iam::aws:") and arn.rpartition("/")[2] not in MANAGED_POLICIES:
            yield Finding(registration, f"attaches {arn}. HINT: a policy of our own, or a reason in MANAGED_POLICIES")


def basic_roles_are_never_granted(capture: Capture) -> Iterator[Finding]:
    """Owner, editor and viewer reach every service of a project, the secrets included."""
    for grant in capture.resources:
        if grant.cloud == "gcp" and text(grant.inputs.get("role")) in BASIC_ROLES:
            yield Finding(grant, f"grants {text(grant.inputs.get('role'))}. HINT: a role of one service")


def project_wide_grants_are_reviewed(capture: Capture) -> Iterator[Finding]:
    """A grant on a project holds for all that is in it, now and later, unless a condition names resources."""
    for grant in capture.of_type("gcp:projects/iAMMember:IAMMember"):
        role = text(grant.inputs.get("role"))
        named = "resource.name" in text(at(grant.inputs, "condition.expression"))
        reviewed = role in PROJECT_ROLES or _is_reviewed_role(capture, role) or is_reviewed_grant(capture, grant)
        if role and not reviewed and role not in BASIC_ROLES and not named:
            yield Finding(
                grant, f"grants {role} on the project. HINT: grant it on the resource, or add a condition or a reason"
            )


def _is_reviewed_role(capture: Capture, name: str) -> bool:
    """Whether a role is our own, and has reviewed permissions alone."""
    return any(
        set(texts(role.inputs.get("permissions"))) <= set(PROJECT_PERMISSIONS) for role in custom_roles(capture, name)
    )


def grants_leave_others_alone(capture: Capture) -> Iterator[Finding]:
    """Bindings and whole policies are authoritative: they silently remove what somebody else granted."""
    for grant in capture.resources:
        if grant.cloud == "gcp" and grant.kind.lower().endswith(("iambinding", "iampolicy")):
            yield Finding(grant, "removes the grants of others. HINT: the ...IamMember resource")


def nobody_has_static_keys(capture: Capture) -> Iterator[Finding]:
    """A static key leaks once and works for ever; every machine has an identity of its own."""
    for key in (
        *capture.of_type("aws:iam/accessKey:AccessKey"),
        *capture.of_type("aws:iam/user:User"),
        *capture.of_type("gcp:serviceaccount/key:Key"),
        *capture.of_type("gcp:storage/hmacKey:HmacKey"),
    ):
        yield Finding(key, "is a static credential. HINT: a role with a machine's own identity")
