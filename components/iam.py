"""AWS policy documents, written as records so that a misspelt key cannot pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi


@dataclass(frozen=True)
class Statement:
    """One statement of a policy document. `sid` names the reason wherever a resource is "*"."""

    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]] = ()
    """ARNs; empty in a trust policy alone."""
    sid: str = ""
    principals: Mapping[str, pulumi.Input[str] | Sequence[pulumi.Input[str]]] | None = None
    """For trust and bucket policies, for example {"Service": "ec2.amazonaws.com"}."""
    conditions: Mapping[str, Mapping[str, pulumi.Input[str] | Sequence[pulumi.Input[str]]]] = field(
        default_factory=dict[str, Mapping[str, pulumi.Input[str] | Sequence[pulumi.Input[str]]]]
    )
    effect: str = "Allow"


def policy_document(*statements: Statement) -> pulumi.Output[str]:
    """The JSON text of a policy with these statements."""
    return pulumi.Output.json_dumps(
        {"Version": "2012-10-17", "Statement": [_statement(statement) for statement in statements]}
    )


def service_trust(service: str, *, conditions: Mapping[str, Mapping[str, str]] | None = None) -> pulumi.Output[str]:
    """A trust policy that lets an AWS service, such as "ec2.amazonaws.com", assume the role."""
    return policy_document(
        Statement(actions=["sts:AssumeRole"], principals={"Service": service}, conditions=conditions or {})
    )


GOOGLE_ISSUER = "accounts.google.com"
"""Built into AWS STS as a web identity provider, so no IAM OIDC provider resource is made."""


def google_trust(service_account_unique_id: pulumi.Input[str], audience: str, *, sid: str = "") -> Statement:
    """Of a trust policy, what lets one Google service account assume the role, by tokens made for this audience alone.

    Google's token has `azp`, so `:aud` is matched against it, which is the service account's unique id, and `:oaud`
    against the token's audience (AWS IAM user guide, "Available keys for AWS web identity federation").
    """
    return Statement(
        sid=sid,
        actions=["sts:AssumeRoleWithWebIdentity"],
        principals={"Federated": GOOGLE_ISSUER},
        conditions={
            "StringEquals": {
                f"{GOOGLE_ISSUER}:sub": service_account_unique_id,
                f"{GOOGLE_ISSUER}:aud": service_account_unique_id,
                f"{GOOGLE_ISSUER}:oaud": audience,
            }
        },
    )


def _statement(statement: Statement) -> dict[str, object]:
    rendered: dict[str, object] = {"Effect": statement.effect, "Action": list(statement.actions)}
    if statement.sid:
        rendered["Sid"] = statement.sid
    if statement.principals is not None:
        rendered["Principal"] = dict(statement.principals)
    if statement.resources:
        rendered["Resource"] = list(statement.resources)
    if statement.conditions:
        rendered["Condition"] = {operator: dict(keys) for operator, keys in statement.conditions.items()}
    return rendered
