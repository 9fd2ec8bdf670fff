"""Events that must ring, as CloudTrail and Cloud Audit Logs write them (references of their contents; 2026-11-28)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from capture import Capture
from lab.alarms import Line
from lab.alarms.amazon_alarms import region_of
from lab.alarms.google_alarms import project_of

TRAIL = "aws:cloudtrail/trail:Trail"
SINK = "gcp:logging/projectSink:ProjectSink"
ACTIVITY = "cloudaudit.googleapis.com/activity"
DATA = "cloudaudit.googleapis.com/data_access"


def on_aws(service: str, name: str, parameters: Mapping[str, object], *, reads: bool = False) -> str:
    """One event of the trail."""
    event = {"eventSource": f"{service}.amazonaws.com", "eventName": name, "readOnly": reads}
    return json.dumps({**event, "requestParameters": parameters})


def on_gcp(method: str, *, who: str = "somebody@example.com", labels: Mapping[str, str] | None = None) -> str:
    """One entry of an audit log."""
    payload = {"methodName": method, "authenticationInfo": {"principalEmail": who}}
    return json.dumps({"protoPayload": payload, "resource": {"labels": labels or {}}})


def events_of(capture: Capture) -> dict[str, str]:
    """What must ring on AWS, by the end of the name of its alarm."""
    (store,) = {str(entry.inputs["bucket"]) for entry in capture.of_type("aws:s3/bucketObjectv2:BucketObjectv2")}
    keys = [str(entry.inputs["name"]) for entry in capture.of_type("aws:ssm/parameter:Parameter")]
    (key,) = (name for name in keys if name.endswith("/pg-b/wireguard-public-key"))
    told: Any = capture.root.outputs["ci_identity"]
    return {
        "machine-store": on_aws("s3", "PutObject", {"bucketName": store, "key": "machines/pg-b/document.json"}),
        "exchange": on_aws("ssm", "PutParameter", {"name": key, "overwrite": True}),
        "roles": on_aws("sts", "AssumeRoleWithWebIdentity", {"roleArn": told["deploy"]["aws_role_arn"]}, reads=True),
        "iam": on_aws("iam", "AttachRolePolicy", {"roleName": "any", "policyArn": "any"}),
        "trail": on_aws("cloudtrail", "StopLogging", {"name": "any"}),
    }


def entries_of(capture: Capture) -> dict[str, tuple[str, str]]:
    """What must ring on GCP, by the end of the name of its alarm: the log, and the entry."""
    told: Any = capture.root.outputs["ci_identity"]
    store = {str(entry.inputs["bucket"]) for entry in capture.of_type("gcp:storage/bucketObject:BucketObject")}
    return {
        "iam": (ACTIVITY, on_gcp("google.iam.admin.v1.SetIAMPolicy")),
        "sink": (ACTIVITY, on_gcp("google.logging.v2.ConfigServiceV2.DeleteSink")),
        "deploy": (ACTIVITY, on_gcp("v1.compute.instances.insert", who=told["deploy"]["gcp_service_account"])),
        "machine-store": (DATA, on_gcp("storage.objects.create", labels={"bucket_name": store.pop()})),
    }


def audit_lines(capture: Capture, time: float) -> Iterator[Line]:
    """All of it, in the logs of the region and of each project that keeps them."""
    for entry in capture.of_type(TRAIL):
        group = str(entry.inputs["cloudWatchLogsGroupArn"]).partition(":log-group:")[2].removesuffix(":*")
        yield from (Line(region_of(entry, capture), group, time, event) for event in events_of(capture).values())
    for entry in capture.of_type(SINK):
        for log, line in entries_of(capture).values():
            yield Line(project_of(entry, capture), log, time, line)
