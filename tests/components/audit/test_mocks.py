"""The audit trail, seen through Pulumi's mocks."""

import pulumi

from components.audit import Audit, AuditArgs
from settings.vocabulary import GcpProject
from tests.components.mocks import Clouds, Neighbours, context, once, present, settings

OPERATOR = "arn:aws:iam::000000000000:role/operator"
PIPELINES = "example-pipelines"


@pulumi.runtime.test
def build() -> None:
    near = Neighbours()
    args = AuditArgs(
        settings=present(settings().audit),
        projects={GcpProject.TESTGROUND: ("example-testground", near.providers.testground)},
        pipelines=(PIPELINES, present(near.providers.pipelines)),
        alerts=near.alerts,
        store=near.store,
        exchange=(),
        roles=(OPERATOR,),
        deploy_account="deploy@example-pipelines.iam.gserviceaccount.com",
    )
    Audit("audit", args, context(), aws_provider=near.providers.aws)


def in_projects(clouds: Clouds, resource_type: str) -> set[str]:
    return {made.inputs["project"] for made in clouds.of_type(resource_type)}


def test_records_leave_the_project_of_the_pipelines_too() -> None:
    clouds = once(build)

    assert in_projects(clouds, "gcp:logging/projectSink:ProjectSink") == {"example-testground", PIPELINES}


def test_nobody_takes_a_record_back_before_its_time() -> None:
    clouds = once(build)

    lock = clouds.one("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration").inputs["rule"]
    wanted = present(settings().audit)
    assert lock["defaultRetention"] == {"mode": wanted.lock_mode, "days": wanted.lock_days}


def test_use_of_the_operators_role_rings() -> None:
    clouds = once(build)

    patterns = [made.inputs["pattern"] for made in clouds.of_type("aws:cloudwatch/logMetricFilter:LogMetricFilter")]
    assert any(OPERATOR in pattern for pattern in patterns)
