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
