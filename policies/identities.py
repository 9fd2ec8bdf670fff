"""Who is named in grants and trusts, and under which condition."""

import re
from collections.abc import Iterator, Mapping

from capture import Capture
from policies.ci_identity import is_deployment
from policies.policy import Finding
from policies.values import allowing_statements, mapping, strings, text, texts

BASIC_GROUPS = ("projectOwner:", "projectEditor:", "projectViewer:", "domain:")
"""Members of Google that stand for whoever has a basic role, or for a whole company."""

DEPLOY_NAME = re.compile(r"-deploy-\w+$")
"""Providers of the pools for deployments, by logical name."""

ONE_BRANCH = re.compile(r'assertion\.ref == "[^"*]+"')

EVERY_MACHINE = re.compile(r":(instance|volume)/\*$|^arn:aws:ec2:[^/]*snapshot/\*$")
"""Resources of AWS that are all of an account, so that a condition alone tells whose they are."""

HARMLESS_EVERYWHERE = ("ec2:CreateSnapshot", "ec2:CreateTags")
"""On snapshots to come: they have no mark yet; the same statement set limits the volume that they are of."""

ACCOUNT_KEYS = ("aws:SourceAccount", "aws:SourceArn", "aws:RequestTag/eks-cluster-arn")
"""Keys whose value holds an account; EKS puts the last one on sessions of pods (EKS user guide, "Pod Identity")."""

INTERFACE_CHANGES = (
    "ec2:AssignIpv6Addresses",
    "ec2:AssignPrivateIpAddresses",
    "ec2:AttachNetworkInterface",
    "ec2:CreateTags",
    "ec2:DeleteNetworkInterface",
    "ec2:DetachNetworkInterface",
    "ec2:ModifyNetworkInterfaceAttribute",
    "ec2:UnassignIpv6Addresses",
    "ec2:UnassignPrivateIpAddresses",
)
"""What takes an interface, or the mark that guards it, from the machine that has it."""

INTERFACE_KEYS = ("aws:ResourceTag/", "ec2:ResourceTag/", "ec2:CreateAction")
"""Condition keys that tell one's own interfaces from another's."""

MANAGED_OVER_INTERFACES: Mapping[str, str] = {
    "AmazonEKS_CNI_Policy": "a role for the CNI's own pods, with conditions on the cluster's tag",
    "AmazonEKSVPCResourceController": "leave it out: no pod has a security group of its own",
    "AmazonEC2FullAccess": "the actions that are used",
    "NetworkAdministrator": "the actions that are used",
}
"""Policies of AWS that change every interface of the account, with what to take instead."""

TRUSTED_SERVICES: Mapping[str, str] = {
    "ec2.amazonaws.com": "takes the role of an instance profile, which only this account can attach",
    "eks.amazonaws.com": "takes the role that a cluster of this account was made with",
}
"""Services of AWS that act for no other account with a role of ours, with the reason."""


def members_are_people_or_machines(capture: Capture) -> Iterator[Finding]:
    """A grant to those who have a basic role grows with every new one of them, and no plan shows it."""
    for grant in capture.resources:
        if grant.cloud != "gcp":
            continue
        for member in (text(grant.inputs.get("member")), *texts(grant.inputs.get("members"))):
            if member.startswith(BASIC_GROUPS):
                yield Finding(grant, f"grants to {member}. HINT: the one service account or group that needs it")


def deployments_come_from_one_branch(capture: Capture) -> Iterator[Finding]:
    """Whoever may push to any protected branch could deploy from it; a release branch is protected too."""
    for provider in capture.of_type("gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"):
        condition = text(provider.inputs.get("attributeCondition"))
        if DEPLOY_NAME.search(provider.name) and not ONE_BRANCH.search(condition):
            yield Finding(provider, 'deploys from any branch. HINT: assertion.ref == "main" in its condition')


def rights_over_every_machine_have_a_condition(capture: Capture) -> Iterator[Finding]:
    """The tags of what it is meant for are in the condition; without it the right holds for the whole account."""
    for registration, statement in allowing_statements(capture):
        wide = [name for name in strings(statement.get("Resource")) if EVERY_MACHINE.search(name)]
        actions = [name for name in strings(statement.get("Action")) if name not in HARMLESS_EVERYWHERE]
        if wide and not statement.get("Condition") and (actions or any("volume/" in name for name in wide)):
            asked = ", ".join(actions or strings(statement.get("Action")))
            yield Finding(registration, f"allows {asked} on {', '.join(wide)}. HINT: a condition on the tag of its own")


def services_act_for_this_account_alone(capture: Capture) -> Iterator[Finding]:
    """A service of AWS works for every customer: unless told, it uses our trust for another account's wish."""
    for registration, statement in allowing_statements(capture):
        services = strings(mapping(statement.get("Principal")).get("Service"))
        keys = {key for keys in statement.get("Condition", {}).values() for key in keys}
        for service in services:
            if service not in TRUSTED_SERVICES and not keys & set(ACCOUNT_KEYS):
                yield Finding(registration, f"trusts {service} for anyone. HINT: a condition on aws:SourceAccount")


def interfaces_are_changed_by_their_mark(capture: Capture) -> Iterator[Finding]:
    """Whoever may move any interface of an account takes the address of any machine, the database's included."""
    for registration, statement in allowing_statements(capture):
        if is_deployment(registration, statement):
            continue
        wide = [
            name for name in strings(statement.get("Resource")) if name == "*" or name.endswith(":network-interface/*")
        ]
        changes = [name for name in strings(statement.get("Action")) if name in INTERFACE_CHANGES]
        keys = {key for keys in statement.get("Condition", {}).values() for key in keys}
        if wide and changes and not any(key.startswith(INTERFACE_KEYS) for key in keys):
            yield Finding(
                registration, f"allows {changes[0]} on every interface. HINT: a condition on the tag of its own"
            )
    for attachment in capture.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment"):
        name = text(attachment.inputs.get("policyArn")).rpartition("/")[2]
        if name in MANAGED_OVER_INTERFACES:
            hint = MANAGED_OVER_INTERFACES[name]
            yield Finding(attachment, f"{name} changes every interface of the account. HINT: {hint}")
