"""Captures of a few registrations, made by hand for one question."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from capture import Capture, Registration

STACK = Registration("urn:stack", "pulumi:pulumi:Stack", "stack", custom=False, inputs={})
ACCOUNT = "111111111111"
OTHER_ACCOUNT = "222222222222"
AWS = Registration(
    "urn:aws",
    "pulumi:providers:aws",
    "aws",
    custom=True,
    inputs={"allowedAccountIds": json.dumps([ACCOUNT]), "region": "us-east-1"},
)
GCP = Registration("urn:gcp", "pulumi:providers:gcp", "gcp", custom=True, inputs={"project": "project"})

Statement = Mapping[str, Any]


@dataclass
class Building:
    """Registrations so far."""

    registrations: list[Registration] = field(default_factory=lambda: [STACK, AWS, GCP])
    invented: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    def add(self, type_token: str, logical: str, /, *, outputs: Any = None, **inputs: Any) -> str:
        """One more registration; its URN. Outputs are what its cloud would answer, by their names."""
        urn = f"urn:pulumi:test::test::{type_token}::{logical}"
        provider = AWS.urn if type_token.startswith("aws:") else GCP.urn
        self.registrations.append(
            Registration(urn, type_token, logical, custom=True, inputs=inputs, parent=STACK.urn, provider=provider)
        )
        if outputs:
            self.invented[urn] = {value: output for output, value in outputs.items()}
        return urn

    def role(self, name: str, *own: Statement, trust: Any = (), boundary: str = "", account: str = ACCOUNT) -> str:
        """A role with one inline policy, and its ARN."""
        arn = f"arn:aws:iam::{account}:role/{name}"
        bound = {"permissionsBoundary": boundary} if boundary else {}
        self.add("aws:iam/role:Role", name, outputs={"arn": arn}, name=name, assumeRolePolicy=document(*trust), **bound)
        if own:
            self.add("aws:iam/rolePolicy:RolePolicy", f"{name}-own", role=name, policy=document(*own))
        return arn

    def policy(self, name: str, *statements: Statement) -> str:
        """A policy by itself, and its ARN."""
        arn = f"arn:aws:iam::{ACCOUNT}:policy/{name}"
        self.add("aws:iam/policy:Policy", name, outputs={"arn": arn}, name=name, policy=document(*statements))
        return arn

    def bucket(self, name: str, *statements: Statement) -> str:
        """A bucket on S3 with its policy, and its ARN."""
        arn = f"arn:aws:s3:::{name}"
        self.add("aws:s3/bucket:Bucket", name, outputs={"arn": arn}, bucket=name)
        if statements:
            self.add("aws:s3/bucketPolicy:BucketPolicy", name, bucket=name, policy=document(*statements))
        return arn

    def capture(self) -> Capture:
        """What was built."""
        return Capture("test", "test", preview=False, registrations=tuple(self.registrations), invented=self.invented)


def document(*statements: Statement) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> Statement:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> Statement:
    """A statement that denies."""
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def editing(capture: Capture, urn_end: str, **inputs: Any) -> Capture:
    """The capture with inputs of one registration replaced, by the end of its URN."""
    found = [entry for entry in capture.registrations if entry.urn.endswith(urn_end)]
    assert len(found) == 1, f"{len(found)} registrations end in {urn_end}"
    changed = replace(found[0], inputs={**found[0].inputs, **inputs})
    return replace(
        capture, registrations=tuple(changed if entry is found[0] else entry for entry in capture.registrations)
    )


def adding(capture: Capture, like: str, name: str, **inputs: Any) -> Capture:
    """The capture with one more registration, like another one by the end of its URN but for its name and inputs."""
    model = next(entry for entry in capture.registrations if entry.urn.endswith(like))
    urn = f"{model.urn.rpartition('::')[0]}::{name}"
    new = replace(model, urn=urn, name=name, inputs={**model.inputs, **inputs})
    return replace(capture, registrations=(*capture.registrations, new))


def granting(capture: Capture, urn_end: str, *more: Statement) -> Capture:
    """The capture with statements added to the policy of one registration."""
    entry = next(entry for entry in capture.registrations if entry.urn.endswith(urn_end))
    statements = json.loads(str(entry.inputs["policy"]))["Statement"]
    return editing(capture, urn_end, policy=document(*statements, *more))
