"""Twenty changes of production that give and take nobody anything, so that nothing may be told of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from capture import Capture
from reach.data import role_permissions
from reach.values import project_of
from tests.reach.building import adding, deny, document, editing, granting
from tests.reach.grants import Change, allowed, granted
from tests.reach.network.changes import found, swapped
from tests.reach.network.refactorings import REFACTORINGS as OF_THE_NETWORK
from tests.reach.network.refactorings import renamed

SIGNING_KEY = "SecretIamMember::package-server-package-signing-key-machine"


@dataclass(frozen=True)
class Refactoring:
    """One change, and the reason why it is among them."""

    name: str
    change: Change
    reason: str


def statements_of(capture: Capture, policy: str) -> list[dict[str, Any]]:
    """The statements of a policy of a role."""
    return json.loads(str(found(capture, "RolePolicy", policy).inputs["policy"]))["Statement"]


def turned(capture: Capture) -> Capture:
    """Statements in another order."""
    statements = statements_of(capture, "database-pair-pg-b")
    return editing(capture, "RolePolicy::database-pair-pg-b", policy=document(*reversed(statements)))


def split(capture: Capture) -> Capture:
    """One statement becomes one for each of its actions."""
    statements = statements_of(capture, "runner-manager-aws-blue-fleet")
    apart = [{**entry, "Action": [action], "Sid": ""} for entry in statements for action in entry["Action"]]
    return editing(capture, "RolePolicy::runner-manager-aws-blue-fleet", policy=document(*apart))


def in_two_policies(capture: Capture) -> Capture:
    """Half of the statements in a second policy of the same role."""
    policy = found(capture, "RolePolicy", "runner-manager-aws-blue-fleet")
    statements = statements_of(capture, policy.name)
    middle = len(statements) // 2
    first = replace(policy, inputs={**policy.inputs, "policy": document(*statements[:middle])})
    inputs = {**policy.inputs, "name": "second", "policy": document(*statements[middle:])}
    return swapped(
        capture, policy, first, replace(policy, urn=f"{policy.urn}-2", name=f"{policy.name}-2", inputs=inputs)
    )


def denials_apart(capture: Capture) -> Capture:
    """Each action that the vault denies in a statement of its own."""
    policy = json.loads(str(found(capture, "BucketPolicy", "backup-vault").inputs["policy"]))
    apart = [
        {**entry, "Action": [action], "Sid": ""}
        for entry in policy["Statement"]
        for action in ([entry["Action"]] if isinstance(entry["Action"], str) else entry["Action"])
    ]
    return editing(capture, "BucketPolicy::backup-vault", policy=document(*apart))


def subjects_apart(capture: Capture) -> Capture:
    """A trust in two subjects becomes two trusts."""
    name = "aws:iam/role:Role::ci-identity-deploy"
    trust = json.loads(str(found(capture, "Role", "ci-identity-deploy").inputs["assumeRolePolicy"]))
    apart: list[Mapping[str, Any]] = []
    for entry in trust["Statement"]:
        ((key, subjects),) = (item for item in entry["Condition"]["StringEquals"].items() if item[0].endswith(":sub"))
        for subject in [subjects] if isinstance(subjects, str) else subjects:
            condition = {"StringEquals": {**entry["Condition"]["StringEquals"], key: subject}}
            apart.append({**entry, "Condition": condition, "Sid": ""})
    return editing(capture, name, assumeRolePolicy=document(*apart))


def renamed_grant(capture: Capture) -> Capture:
    """A grant has another name and place in the program."""
    grant = found(capture, "SecretIamMember", "package-server-package-signing-key-machine")
    moved = replace(grant, urn=f"{grant.urn}-of-the-server", name=f"{grant.name}-of-the-server")
    return swapped(capture, grant, moved)


def claims_in_another_order(capture: Capture) -> Capture:
    """The condition of a provider, its parts turned round."""
    name = "ci-identity-deploy-gitlab"
    condition = str(found(capture, "WorkloadIdentityPoolProvider", name).inputs["attributeCondition"])
    parts = " && ".join(reversed(condition.split(" && ")))
    return editing(capture, f"WorkloadIdentityPoolProvider::{name}", attributeCondition=parts)


def whoever_the_pool_takes(capture: Capture) -> Capture:
    """A grant takes whoever its pool takes, and the pool takes one role alone."""
    name = "database-pair-pg-b-repo2"
    member = str(found(capture, "BucketIAMMember", name).inputs["member"])
    return editing(capture, f"BucketIAMMember::{name}", member=f"{member.partition('/attribute.')[0]}/*")


def role_of_ones_own(capture: Capture) -> Capture:
    """A custom role with the very permissions of the predefined one."""
    grant = found(capture, "SecretIamMember", "package-server-package-signing-key-machine")
    project = project_of(capture, grant)
    permissions = tuple(sorted(role_permissions(str(grant.inputs["role"])) or ()))
    like = "IAMCustomRole::runners-gcp-scaler"
    capture = adding(capture, like, "reads", roleId="reads", project=project, permissions=permissions)
    return editing(capture, SIGNING_KEY, role=f"projects/{project}/roles/reads")


IN_THE_CLOUDS: tuple[Refactoring, ...] = (
    Refactoring("statements in another order", turned, "lists of statements are sorted one day"),
    Refactoring("a statement for each action", split, "so that each has a reason beside it"),
    Refactoring("a policy in two", in_two_policies, "one policy of a role has a limit of length"),
    Refactoring("denials of the vault apart", denials_apart, "so that each can be lifted alone"),
    Refactoring("two subjects in two statements", subjects_apart, "one of them shall end soon"),
    Refactoring("a grant under another name", renamed_grant, "logical names are for people"),
    Refactoring("a grant twice", granted(SIGNING_KEY, "package-server"), "while it moves from one file to another"),
    Refactoring(
        "an action that the boundary refuses",
        allowed("runner-manager-aws-publish-blue-fleet", "ssm:StartSession"),
        "what a policy says is not what one may",
    ),
    Refactoring(
        "a denial of what nobody may",
        lambda capture: granting(capture, "RolePolicy::database-pair-pg-b", deny("s3:DeleteBucket")),
        "to be sure",
    ),
    Refactoring("claims in another order", claims_in_another_order, "a condition is written anew"),
    Refactoring("whoever the pool takes", whoever_the_pool_takes, "the pool says already which role it is"),
    Refactoring("a role of one's own with the same permissions", role_of_ones_own, "a predefined one may grow"),
    Refactoring(
        "a role has another logical name",
        renamed("Role", "runner-manager-aws-blue-machine", "strangers-manager", has_alias=True),
        "whoever it is, he can what he could",
    ),
    Refactoring(
        "an account has another logical name",
        renamed("Account", "package-server", "packages", has_alias=True),
        "the same on GCP",
    ),
    Refactoring(
        "a secret has another logical name",
        renamed("Secret", "package-server-package-signing-key", "signs-packages", has_alias=True),
        "whoever reads it read it before",
    ),
)

_IN_THE_NETWORK: Mapping[str, str] = {
    "another order": "nothing may hang on the order of registrations",
    "a machine has another name": "the door is the same",
    "a range is split into two rules": "a rule for each of two offices",
    "a list stands in two rules": "Cloud Armor takes ten ranges in one rule",
    "a prefix list is cut otherwise": "it has a limit of entries",
}

REFACTORINGS: tuple[Refactoring, ...] = (
    *IN_THE_CLOUDS,
    *(Refactoring(name, OF_THE_NETWORK[name], reason) for name, reason in _IN_THE_NETWORK.items()),
)
