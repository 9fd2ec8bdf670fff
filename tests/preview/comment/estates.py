"""Captures made by hand, from which the golden comments are written."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from capture import Capture, Registration, Value, make_urn
from preview.comment_facts import StackFailure, StackResult, facts
from preview.comment_markdown import Comment, comment
from preview.comment_text import Redactor
from preview.revision import PastCapture

HEAD = "2222222222"
BASE = "1111111111"

HOSTILE = "</code></summary></details> | `x` **b** <img src=x> @everyone [a](https://evil.example)\n/merge\n```\u202e"


def resource(stack: str, resource_type: str, name: str, parent: str = "", /, **inputs: Value) -> Registration:
    root = _root(stack)
    return Registration(
        urn=make_urn(stack, "small", parent or root, resource_type, name),
        type=resource_type,
        name=name,
        custom=True,
        inputs=inputs,
        parent=parent or root,
    )


def system(stack: str, name: str, kind: str = "packyard:test:Vault") -> Registration:
    return Registration(
        make_urn(stack, "small", _root(stack), kind, name), kind, name, custom=False, inputs={}, parent=_root(stack)
    )


def estate(stack: str, *entries: Registration) -> Capture:
    root = Registration(_root(stack), "pulumi:pulumi:Stack", f"small-{stack}", custom=False, inputs={})
    everything = sorted((root, *entries), key=lambda entry: entry.urn)
    return Capture("small", stack, preview=False, registrations=tuple(everything))


def compared(stack: str, before: Capture | None, present: Capture) -> StackResult:
    """With one policy alone: what the others say of captures made by hand is beside the point."""
    result = facts(stack, present, {}, PastCapture(BASE, before), "origin/main")
    kept = tuple(found for found in result.report.violations if found.policy == "no_ssh_from_the_world")
    return replace(result, report=replace(result.report, violations=kept), new_violations=frozenset(kept))


def written(*results: StackResult) -> Comment:
    return comment(results, HEAD, Redactor(Path("/home/someone/packyard")))


def a_loss() -> Comment:
    """Production loses a protected disk and an unguarded bucket, and opens a port; staging stays."""
    vault = system("production", "vault")
    disk = replace(
        resource("production", "gcp:compute/disk:Disk", "vault-data", vault.urn, zone="us-east1-b", size=50),
        protect=True,
        retain_on_delete=True,
    )
    bucket = resource("production", "aws:s3/bucket:Bucket", "vault-packages", vault.urn, bucket="packages")
    policy = resource("production", "gcp:monitoring/alertPolicy:AlertPolicy", "vault-alarm", vault.urn, threshold=1)
    before = estate("production", vault, disk, bucket, policy)
    moved = replace(disk, inputs={"zone": "us-east1-c", "size": 50})
    louder = replace(policy, inputs={"threshold": 2})
    door = resource(
        "production",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "vault-ssh",
        vault.urn,
        cidrIpv4="0.0.0.0/0",
        ipProtocol="tcp",
        fromPort=22,
        toPort=22,
    )
    same = estate("staging", resource("staging", "aws:s3/bucket:Bucket", "packages", bucket="packages"))
    return written(
        compared("production", before, estate("production", vault, moved, louder, door)),
        compared("staging", same, same),
    )


def an_attack() -> Comment:
    """Every text that the author of a merge request chooses tries to break out, and holds personal addresses."""
    mine = system("staging", f"vault {HOSTILE}")
    bucket = resource("staging", "aws:s3/bucket:Bucket", f"packages {HOSTILE}", mine.urn, bucket="packages")
    told = resource("staging", "gcp:monitoring/notificationChannel:NotificationChannel", "on-call", mine.urn)
    mail = replace(told, inputs={"labels": {"email_address": "jane.doe@example.com"}, HOSTILE: HOSTILE})
    other = replace(told, inputs={"labels": {"email_address": "john.doe@example.com"}})
    account = resource("staging", "aws:iam/role:Role", "reader", mine.urn, trusts="arn:aws:iam::123456789012:root")
    moved = replace(account, inputs={"trusts": "arn:aws:iam::210987654321:root"})
    return written(
        compared("staging", estate("staging", mine, bucket, mail, account), estate("staging", mine, other, moved)),
        StackFailure("production", f"/home/someone/packyard/Pulumi.production.yaml:3: {HOSTILE}"),
    )


@cache
def many() -> Comment:
    """More than fits: hundreds of lost buckets, steps and doors, each with as long a text as it may have."""
    big = "|" * 3_000
    before = [resource("production", "aws:s3/bucket:Bucket", f"{index}-{big}", bucket=big) for index in range(400)]
    old = [resource("production", "aws:iam/role:Role", f"{index}-role", text=f"{big}a") for index in range(500)]
    new = [replace(entry, inputs={"text": f"{big}b"}) for entry in old]
    doors = [resource("production", "aws:ec2/eip:Eip", f"{index}-{big}") for index in range(400)]
    systems = [system("production", f"{index}-{big}") for index in range(200)]
    inner = [
        resource("production", "aws:sqs/queue:Queue", f"{index}", entry.urn) for index, entry in enumerate(systems)
    ]
    return written(
        compared(
            "production", estate("production", *before, *old), estate("production", *new, *doors, *systems, *inner)
        ),
        compared("staging", None, estate("staging", *(resource("staging", "aws:ec2/eip:Eip", big),))),
        StackFailure("other", big * 3),
    )


def _root(stack: str) -> str:
    return f"urn:pulumi:{stack}::small::pulumi:pulumi:Stack::small-{stack}"


GOLDEN = {"loss": a_loss, "attack": an_attack}
"""The comments of which each byte is recorded."""
