"""The audit trail: every event of weight rings its own alarm, nothing else does, and no pipeline reaches records."""

import json

import pytest

from capture import Capture
from lab.alarms.amazon_log_patterns import event_pattern
from lab.alarms.amazon_logs import FILTER
from lab.alarms.google_log_filters import log_filter
from tests.lab.alarms.audit_events import entries_of, events_of, on_aws, on_gcp
from tests.registrations import data, inputs, one, resources_of, statements
from tests.rights import allows, denies
from tests.support import STACKS, estate, variant

AUDIT = "packyard:audit:Audit"
RECORDED = "gcp:projects/iAMAuditConfig:IAMAuditConfig"


def account_of(capture: Capture) -> str:
    """The AWS account of the stack."""
    return json.loads(data(capture.of_type("pulumi:providers:aws")[0].inputs["allowedAccountIds"]))[0]


def rings(capture: Capture, event: str) -> set[str]:
    """Alarms of the trail that an event rings, by the end of their name."""
    filters = [entry for entry in resources_of(capture, AUDIT) if entry.type == FILTER]
    return {
        entry.name.removeprefix("audit-")
        for entry in filters
        if event_pattern(str(entry.inputs["pattern"]), entry.name)(event)
    }


def rings_on_gcp(capture: Capture, log: str, line: str) -> set[str]:
    """The same of the alarms of testground."""
    found: set[str] = set()
    for entry in resources_of(capture, AUDIT):
        if entry.kind == "AlertPolicy" and entry.name.startswith("audit-testground-"):
            (condition,) = data(entry.inputs["conditions"])
            wanted = log_filter(condition["conditionMatchedLog"]["filter"], entry.name)
            if wanted.log == log and wanted.matches(line):
                found.add(entry.name.removeprefix("audit-testground-"))
    return found


@pytest.mark.parametrize("stack", STACKS)
def test_each_event_of_weight_rings_its_own_alarm(stack: str) -> None:
    capture = estate(stack)

    assert {name: rings(capture, event) for name, event in events_of(capture).items()} == {
        name: {name} for name in events_of(capture)
    }


def test_each_entry_of_weight_rings_its_own_alarm_on_gcp() -> None:
    capture = estate("production")

    assert {name: rings_on_gcp(capture, *entry) for name, entry in entries_of(capture).items()} == {
        name: {name} for name in entries_of(capture)
    }


@pytest.mark.parametrize(
    "event",
    [
        on_aws("iam", "GetRole", {"roleName": "any"}, reads=True),
        on_aws("s3", "PutObject", {"bucketName": "another", "key": "a"}),
        on_aws("ssm", "PutParameter", {"name": "/example-pkg/staging/database-pair/pg-b/certificate-requests"}),
        on_aws("sts", "AssumeRole", {"roleArn": "arn:aws:iam::000000000000:role/another"}, reads=True),
        on_aws("cloudtrail", "GetTrailStatus", {"name": "any"}, reads=True),
        "no event",
    ],
)
def test_what_happens_every_day_rings_nothing(event: str) -> None:
    assert rings(estate("staging"), event) == set()


def test_what_happens_every_day_rings_nothing_on_gcp() -> None:
    capture = estate("production")
    activity, store = (entries_of(capture)[name][0] for name in ("iam", "machine-store"))

    assert rings_on_gcp(capture, activity, on_gcp("v1.compute.instances.insert")) == set()
    assert rings_on_gcp(capture, activity, on_gcp("google.iam.admin.v1.GetIAMPolicy")) == set()
    assert rings_on_gcp(capture, store, on_gcp("storage.objects.create", labels={"bucket_name": "another"})) == set()


@pytest.mark.parametrize("stack", STACKS)
def test_the_trail_sees_all_regions_and_cannot_be_forged(stack: str) -> None:
    trail = inputs(estate(stack), "aws:cloudtrail/trail:Trail", "audit")

    assert trail["isMultiRegionTrail"]
    assert trail["includeGlobalServiceEvents"]
    assert trail["enableLogFileValidation"]
    assert trail["s3BucketName"] == inputs(estate(stack), "aws:s3/bucket:Bucket", "audit")["bucket"]


@pytest.mark.parametrize("stack", STACKS)
def test_only_this_trail_writes_to_the_bucket(stack: str) -> None:
    capture = estate(stack)
    policy = one(capture, "aws:s3/bucketPolicy:BucketPolicy", "audit").inputs["policy"]
    bucket = inputs(capture, "aws:s3/bucket:Bucket", "audit")["bucket"]
    account = account_of(capture)
    (granted,) = (entry for entry in statements(policy) if entry.get("Sid") == "TrailWrites")
    trail = granted["Condition"]["StringEquals"]["aws:SourceArn"]
    request = {"aws:SecureTransport": "true", "s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": trail}
    target = f"arn:aws:s3:::{bucket}/AWSLogs/{account}/CloudTrail/a.json.gz"

    assert allows(policy, "s3:PutObject", target, request)
    assert not allows(policy, "s3:PutObject", target, {**request, "aws:SourceArn": f"{trail}-2"})
    assert not allows(policy, "s3:PutObject", f"arn:aws:s3:::{bucket}/AWSLogs/999999999999/a", request)


@pytest.mark.parametrize("stack", STACKS)
def test_a_deployment_takes_back_no_record_and_silences_nothing(stack: str) -> None:
    capture = estate(stack)
    deploy = one(capture, "aws:iam/rolePolicy:RolePolicy", "ci-identity-deploy").inputs["policy"]
    here = {"aws:RequestedRegion": "us-east-1"}
    bucket = f"arn:aws:s3:::{inputs(capture, 'aws:s3/bucket:Bucket', 'audit')['bucket']}"
    account = account_of(capture)
    name = inputs(capture, "aws:cloudwatch/logGroup:LogGroup", "audit")["name"]
    group = f"arn:aws:logs:us-east-1:{account}:log-group:{name}"
    alarm = inputs(capture, "aws:cloudwatch/metricAlarm:MetricAlarm", "audit-iam")["name"]
    role = f"arn:aws:iam::{account}:role/{inputs(capture, 'aws:iam/role:Role', 'audit')['name']}"

    for action in ("s3:PutBucketPolicy", "s3:PutLifecycleConfiguration", "s3:DeleteBucket", "s3:PutBucketAcl"):
        assert denies(deploy, action, bucket, here)
    for action in ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject", "s3:ReplicateObject"):
        assert denies(deploy, action, f"{bucket}/AWSLogs/a", here)
    for action in ("DeleteLogGroup", "DeleteMetricFilter", "PutRetentionPolicy", "AssociateKmsKey", "PutTransformer"):
        assert denies(deploy, f"logs:{action}", group, here)
    for action in ("DeleteAlarms", "DisableAlarmActions", "PutMetricAlarm", "PutAlarmMuteRule", "SetAlarmState"):
        assert denies(deploy, f"cloudwatch:{action}", f"arn:aws:cloudwatch:us-east-1:{account}:alarm:{alarm}", here)
    for action in ("logs:DescribeMetricFilters", "logs:ListTagsForResource"):
        assert not denies(deploy, action, group, here)
    assert denies(deploy, "iam:PutRolePolicy", role, here)
    for action in ("cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors"):
        assert not allows(deploy, action, "arn:aws:cloudtrail:us-east-1:000000000000:trail/any", here)


@pytest.mark.parametrize("stack", STACKS)
def test_audit_logs_leave_every_project_for_one_that_the_program_makes_nothing_in(stack: str) -> None:
    capture = estate(stack)
    sinks = [data(entry.inputs) for entry in resources_of(capture, AUDIT) if entry.kind == "ProjectSink"]
    projects, (place,) = {sink["project"] for sink in sinks}, {sink["destination"] for sink in sinks}
    made = {entry.provider for entry in capture.resources if entry.cloud == "gcp"}

    assert projects == {str(capture.by_urn[provider].inputs["project"]) for provider in made}
    assert place.split("/")[2] not in projects


def test_data_access_is_recorded_where_the_settings_say_so() -> None:
    recorded = {data(entry.inputs)["service"] for entry in estate("production").of_type(RECORDED)}
    services = ("cloudkms", "iam", "secretmanager", "storage")

    assert recorded == {f"{service}.googleapis.com" for service in services}
    assert not variant("production", {"audit.gcpDataAccess": False}).of_type(RECORDED)


def test_a_stack_without_the_section_has_no_trail() -> None:
    assert not resources_of(variant("staging", {"audit": None}), AUDIT)
