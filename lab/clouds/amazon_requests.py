"""What a request to AWS is, in the words of its policies: actions, resources and condition keys.

Service authorization reference of each service; "AWS global condition context keys" of the IAM user guide.
"""

import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.network.web import Request
from reach.aws.targets import objects
from reach.model import NOTHING, Facts, Target

LACKS = (
    *("aws:requesttag/", "aws:tagkeys", "aws:calledvia", "aws:principaltag/"),
    *("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"),
    *("s3:prefix", "s3:delimiter", "s3:max-keys", "s3:versionid", "s3:x-amz-"),
    *("ssm:overwrite", "secretsmanager:versionid", "secretsmanager:versionstage"),
    "accounts.google.com:",
)
"""Beginnings of keys that a request has only where it is said here."""

OF_BUCKETS: Mapping[tuple[str, str], str] = {
    ("GET", ""): "ListBucket",
    ("HEAD", ""): "ListBucket",
    ("PUT", ""): "CreateBucket",
    ("DELETE", ""): "DeleteBucket",
    ("GET", "versions"): "ListBucketVersions",
    ("GET", "uploads"): "ListBucketMultipartUploads",
    ("GET", "location"): "GetBucketLocation",
    ("GET", "versioning"): "GetBucketVersioning",
    ("PUT", "versioning"): "PutBucketVersioning",
    ("PUT", "policy"): "PutBucketPolicy",
    ("DELETE", "policy"): "DeleteBucketPolicy",
    ("PUT", "lifecycle"): "PutLifecycleConfiguration",
    ("PUT", "object-lock"): "PutBucketObjectLockConfiguration",
}
OF_OBJECTS: Mapping[tuple[str, str], str] = {
    ("GET", ""): "GetObject",
    ("HEAD", ""): "GetObject",
    ("PUT", ""): "PutObject",
    ("DELETE", ""): "DeleteObject",
    ("GET", "versionId"): "GetObjectVersion",
    ("HEAD", "versionId"): "GetObjectVersion",
    ("DELETE", "versionId"): "DeleteObjectVersion",
    ("POST", "uploads"): "PutObject",
    ("PUT", "uploadId"): "PutObject",
    ("POST", "uploadId"): "PutObject",
    ("GET", "uploadId"): "ListMultipartUploadParts",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("GET", "retention"): "GetObjectRetention",
    ("PUT", "retention"): "PutObjectRetention",
    ("PUT", "legal-hold"): "PutObjectLegalHold",
}
"""Actions by method and what a query asks beside; one that is not here is not known."""

BY_HEADER: Mapping[str, str] = {
    "x-amz-acl": "PutObjectAcl",
    "x-amz-tagging": "PutObjectTagging",
    "x-amz-object-lock-mode": "PutObjectRetention",
    "x-amz-object-lock-retain-until-date": "PutObjectRetention",
    "x-amz-object-lock-legal-hold": "PutObjectLegalHold",
    "x-amz-bypass-governance-retention": "BypassGovernanceRetention",
}
"""What a request with one of these headers must be allowed as well."""


@dataclass(frozen=True)
class Call:
    """One thing that a request does."""

    action: str
    target: Target
    facts: Facts = field(default_factory=dict[str, tuple[str, ...]])


def circumstances(request: Request, region: str, source: str) -> dict[str, tuple[str, ...]]:
    """The keys that every request has; `source` is the address that AWS sees, empty where nobody knows it."""
    now = time.time()
    seen = {"aws:sourceip": (source,)} if source else NOTHING
    return {
        **seen,
        "aws:requestedregion": (region,),
        "aws:securetransport": (str(request.is_encrypted).lower(),),
        "aws:viaawsservice": ("false",),
        "aws:epochtime": (str(int(now)),),
        "aws:currenttime": (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),),
        "aws:useragent": _value(request.headers.get("user-agent")),
        "aws:referer": _value(request.headers.get("referer")),
    }


def s3_calls(method: str, address: str, bucket: Target, headers: Mapping[str, str]) -> tuple[Call, ...]:
    """What a request to a bucket does; nothing for one that the lab does not know."""
    parts = urllib.parse.urlsplit(address)
    query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
    key = urllib.parse.unquote(parts.path).removeprefix("/")
    facts = {f"s3:{name}": (value,) for name, value in headers.items() if name.startswith("x-amz-")}
    if not key and method == "POST" and "delete" in query:
        # The keys are in the body, which the gate does not see; every writer here writes below one prefix.
        return (Call("s3:DeleteObject", objects(bucket, "pgbackrest/*"), facts),)
    known = OF_OBJECTS if key else OF_BUCKETS
    # A version is asked for beside something else as well.
    words = sorted({*query} & {word for _, word in known}, key=lambda word: word == "versionId")
    action = known.get((method, words[0] if words else ""))
    if action is None or "x-amz-copy-source" in headers or {*query} & OTHER_WORDS:
        return ()
    if key:
        target, facts = objects(bucket, key), {**facts, "s3:versionid": _value(query.get("versionId"))}
    else:
        given = {name: _value(query.get(name)) for name in ("prefix", "delimiter", "max-keys")}
        target, facts = bucket, {**facts, **{f"s3:{name}": value for name, value in given.items()}}
    more = dict.fromkeys(BY_HEADER[name] for name in headers if name in BY_HEADER)
    return tuple(Call(f"s3:{each}", target, facts) for each in (action, *more))


OTHER_WORDS = frozenset({"acl", "tagging", "torrent", "restore", "select", "attributes", "cors", "website", "logging"})
"""What queries ask for with actions of their own that no machine uses."""


def service_facts(service: str, content: Mapping[str, Any]) -> Facts:
    """The condition keys in a request to Parameter Store or Secrets Manager."""
    if service == "ssm":
        tags = {f"aws:requesttag/{tag['Key'].lower()}": (str(tag["Value"]),) for tag in content.get("Tags", ())}
        names = {"aws:tagkeys": tuple(str(tag["Key"]) for tag in content["Tags"])} if tags else NOTHING
        overwrite = {"ssm:overwrite": (str(content["Overwrite"]).lower(),)} if "Overwrite" in content else NOTHING
        return {**tags, **names, **overwrite}
    given = {"secretid": "SecretId", "versionid": "VersionId", "versionstage": "VersionStage"}
    return {f"secretsmanager:{key}": _value(content.get(name)) for key, name in given.items()}


def _value(text: str | None) -> tuple[str, ...]:
    return () if text is None else (text,)
