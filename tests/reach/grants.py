"""Changes of who is granted what, for mutations of a whole estate."""

import json
from collections.abc import Callable
from typing import Any

from capture import Capture, Registration
from tests.reach.building import adding, allow, editing, granting

Change = Callable[[Capture], Capture]


def member(capture: Capture, account: str) -> str:
    """The member of a service account by its logical name."""
    urn = next(entry.urn for entry in capture.of_type("gcp:serviceaccount/account:Account") if entry.name == account)
    return next(value for value, output in capture.invented[urn].items() if output == "member")


def granted(like: str, account: str, **inputs: Any) -> Change:
    """One more grant, like another one, to a service account."""
    return lambda capture: adding(capture, like, "mutation", member=member(capture, account), **inputs)


def allowed(policy: str, action: Any, resource: Any = "*", **more: Any) -> Change:
    """One more statement in the policy of a role."""
    return lambda capture: granting(capture, f"RolePolicy::{policy}", allow(action, resource, **more))


def trusted(role: str, by: str) -> Change:
    """One more statement in the trust of a role, for another one; and the right to assume it."""

    def change(capture: Capture) -> Capture:
        entry, other = _role(capture, role), _role(capture, by)
        trust = json.loads(str(entry.inputs["assumeRolePolicy"]))
        arn = f"arn:aws:iam::111111111111:role/{other.inputs['name']}"
        trust["Statement"].append({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": arn}})
        bound = {key: value for key, value in other.inputs.items() if key != "permissionsBoundary"}
        unbound = editing(capture, f"aws:iam/role:Role::{by}", **{**bound, "permissionsBoundary": ""})
        return editing(unbound, f"aws:iam/role:Role::{role}", assumeRolePolicy=json.dumps(trust))

    return change


def keeping_tls_alone(capture: Capture) -> Capture:
    """The vault's policy without its denials."""
    entry = next(entry for entry in capture.of_type("aws:s3/bucketPolicy:BucketPolicy") if entry.name == "backup-vault")
    policy = json.loads(str(entry.inputs["policy"]))
    policy["Statement"] = [statement for statement in policy["Statement"] if statement["Sid"] == "TlsOnly"]
    return editing(capture, "BucketPolicy::backup-vault", policy=json.dumps(policy))


def both(*changes: Change) -> Change:
    """One change after the other."""

    def change(capture: Capture) -> Capture:
        for one in changes:
            capture = one(capture)
        return capture

    return change


def without_denials(capture: Capture) -> Capture:
    """The boundary of roles with what it allows alone."""
    entry = next(entry for entry in capture.of_type("aws:iam/policy:Policy") if entry.name == "role-boundary")
    policy = json.loads(str(entry.inputs["policy"]))
    policy["Statement"] = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
    return editing(capture, "aws:iam/policy:Policy::role-boundary", policy=json.dumps(policy))


def _role(capture: Capture, name: str) -> Registration:
    return next(entry for entry in capture.of_type("aws:iam/role:Role") if entry.name == name)
