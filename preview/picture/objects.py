"""Whose objects lie in which bucket, read from what identities may do with it."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from capture import Capture, Registration
from policies.values import at, component_chain, policy_statements, strings, text
from preview.exposure import ANYONE
from preview.picture.boxes import BUCKETS
from preview.picture.model import Arrow, ArrowKind
from preview.picture.owners import Owners
from preview.picture.traffic import INTERNET

READERS = ("roles/storage.objectViewer", "roles/storage.legacyObjectReader", "roles/storage.legacyBucketReader")
ADDERS = ("roles/storage.objectCreator",)
READ, WRITE, ADD = "read", "write", "add"
"""Who adds can change nothing that is there already."""
OBJECTS_IN = re.compile(r"/objects/([^\"']+)")
"""Where a condition of a grant holds it to some objects."""

VAULT = "packyard:backup_vault:BackupVault"


def object_arrows(capture: Capture, owned: Owners) -> Iterator[Arrow]:
    """An arrow for each grant: reading and writing are labels, since one who writes a bucket often reads it too."""
    buckets = [entry for kind in BUCKETS for entry in capture.of_type(kind)]
    for grant in capture.of_type("gcp:storage/bucketIAMMember:BucketIAMMember"):
        for bucket in buckets:
            if bucket.cloud == "gcp" and bucket.inputs.get("name") == grant.inputs.get("bucket"):
                for start in _members(capture, grant, owned):
                    inside = OBJECTS_IN.findall(text(at(grant.inputs, "condition.expression")))
                    yield _arrow(start, bucket, (*_of_role(text(grant.inputs.get("role"))), *_inside(inside)))
    for policy in capture.of_type("aws:iam/rolePolicy:RolePolicy"):
        starts = [end for urn in policy.property_dependencies.get("role", ()) for end in owned.get(urn, ())]
        for statement in policy_statements(policy, "policy"):
            for bucket in buckets:
                if starts and bucket.cloud == "aws" and _holds_objects(capture, statement, bucket):
                    labels = _of_actions(strings(statement.get("Action")))
                    inside = [resource.partition("/")[2] for resource in strings(statement.get("Resource"))]
                    told = (*labels, *_inside(inside if WRITE in labels else ()))
                    yield from (_arrow(start, bucket, told) for start in starts if labels)


def _arrow(start: str, bucket: Registration, labels: tuple[str, ...]) -> Arrow:
    kind = ArrowKind.BACKUP if VAULT in component_chain(bucket) else ArrowKind.OBJECTS
    return Arrow(start, bucket.urn, kind, labels)


def _members(capture: Capture, grant: Registration, owned: Owners) -> tuple[str, ...]:
    member = text(grant.inputs.get("member"))
    if member in ANYONE:
        return (INTERNET,)
    own = [end for urn in grant.property_dependencies.get("member", ()) for end in owned.get(urn, ())]
    # An identity of the other cloud comes through a pool, which names it as "attribute.aws_role/<name>".
    role = member.rpartition("/")[2] if member.startswith("principal") else ""
    foreign = [
        end
        for entry in capture.of_type("aws:iam/role:Role")
        if role and entry.inputs.get("name") == role
        for end in owned.get(entry.urn, ())
    ]
    return tuple(dict.fromkeys([*own, *foreign]))


def _inside(prefixes: Iterable[str]) -> tuple[str, ...]:
    """Folders of a bucket that a grant is held to, as a label."""
    folders = sorted({prefix.rstrip("*") for prefix in prefixes} - {""})
    return tuple(folder for folder in folders if folder.endswith("/"))


def _of_role(role: str) -> tuple[str, ...]:
    return (READ,) if role in READERS else (ADD,) if role in ADDERS else (READ, WRITE)


def _of_actions(actions: tuple[str, ...]) -> tuple[str, ...]:
    what = {READ: ("s3:*", "s3:GetObject"), WRITE: ("s3:*", "s3:PutObject")}
    return tuple(label for label, needed in what.items() if any(action in needed for action in actions))


def _holds_objects(capture: Capture, statement: dict[str, Any], bucket: Registration) -> bool:
    """Whether a statement lets somebody at objects of a bucket."""
    arns = {f"arn:aws:s3:::{text(bucket.inputs.get('bucket'))}", *capture.invented.get(bucket.urn, {})}
    named = strings(statement.get("Resource"))
    return statement["Effect"] == "Allow" and any(resource.startswith(f"{arn}/") for resource in named for arn in arns)
