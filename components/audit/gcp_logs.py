"""Audit logs of one GCP project: what is recorded, where it goes, and what rings."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.alerts import AlertTargets, Page, gcp_alarm
from components.component import Component, StackContext
from settings.audit.section import AuditSettings

DATA_ACCESS: dict[str, tuple[str, ...]] = {
    "cloudkms.googleapis.com": ("DATA_READ", "DATA_WRITE"),
    # ADMIN_READ too: who looks at keys and grants is who prepares something.
    "iam.googleapis.com": ("ADMIN_READ", "DATA_READ", "DATA_WRITE"),
    "secretmanager.googleapis.com": ("DATA_READ", "DATA_WRITE"),
    "storage.googleapis.com": ("DATA_READ", "DATA_WRITE"),
}
"""Services and kinds of records that Google keeps where it is asked to (Cloud Logging, "Data Access audit logs")."""

LOGS = ("activity", "data_access", "policy", "system_event")
"""Kinds of audit logs, all of which leave the project."""


@dataclass(frozen=True, kw_only=True)
class GcpAuditArgs:
    """Arguments of a GcpAudit."""

    settings: AuditSettings
    project_id: str
    alerts: AlertTargets
    machine_store: pulumi.Input[str] | None
    """Name of the bucket that machines take their programs from, in the project that has it."""
    deploy_account: pulumi.Input[str] | None
    """E-mail address of the account that deploys; None where nothing does."""


class GcpAudit(Component):
    """Audit logs of one project.

    **Pulumi type:** `packyard:audit:GcpAudit`

    Makes the configuration of data access logs, the sink, and alarms. The log bucket that the sink writes to is not
    made here: it lies in a project in which no pipeline has a right.
    """

    writer: pulumi.Output[str]
    """Who writes for the sink, and must be let into the log bucket by a person."""

    def __init__(
        self,
        name: str,
        args: GcpAuditArgs,
        context: StackContext,
        *,
        gcp_provider: gcp.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:audit:GcpAudit", name, context, providers=[gcp_provider], opts=opts)
        if args.settings.gcp_data_access:
            _record_data_access(self, args.project_id)
        self.writer = _sink(self, args.settings.gcp_log_bucket, args.project_id).writer_identity
        _alarms(self, args)
        self.register_outputs({"writer": self.writer})


def _record_data_access(component: Component, project_id: str) -> None:
    kind = gcp.projects.IAMAuditConfigAuditLogConfigArgs
    for service, kinds in DATA_ACCESS.items():
        gcp.projects.IAMAuditConfig(
            f"{component.name}-{service.partition('.')[0]}",
            project=project_id,
            service=service,
            audit_log_configs=[kind(log_type=each) for each in kinds],
            opts=component.child(),
        )


def _sink(component: Component, log_bucket: str, project_id: str) -> gcp.logging.ProjectSink:
    return gcp.logging.ProjectSink(
        component.name,
        name=component.context.physical_name("audit", kind="gcs_bucket"),
        project=project_id,
        description="Audit logs leave the project, so that nobody with rights in it can take them back",
        destination=f"logging.googleapis.com/{log_bucket}",
        filter=" OR ".join(f'log_id("cloudaudit.googleapis.com/{log}")' for log in LOGS),
        # An identity of the sink's own, so that the log bucket need not trust the whole project's.
        unique_writer_identity=True,
        opts=component.child(),
    )


def _alarms(component: Component, args: GcpAuditArgs) -> None:
    _alarm(
        component,
        args.alerts,
        "iam",
        line='log_id("cloudaudit.googleapis.com/activity")'
        ' AND protoPayload.methodName=~"(?i)setiam(policy|permissions)$"',
        advice="Who may do what was changed in the project.",
        page=Page.AUDIT_IAM,
    )
    _alarm(
        component,
        args.alerts,
        "sink",
        line='log_id("cloudaudit.googleapis.com/activity")'
        ' AND protoPayload.methodName=~"^google[.]logging[.]v2[.]ConfigServiceV2[.](Create|Delete|Update)"',
        advice="Where audit logs go was changed.",
        page=Page.AUDIT_TRAIL,
    )
    if args.deploy_account is not None:
        _alarm(
            component,
            args.alerts,
            "deploy",
            line=pulumi.Output.format(
                'log_id("cloudaudit.googleapis.com/activity") AND protoPayload.authenticationInfo.principalEmail="{}"',
                args.deploy_account,
            ),
            advice="The identity of deployments changed something.",
            page=Page.AUDIT_ROLES,
        )
    if args.machine_store is not None and args.settings.gcp_data_access:
        _alarm(
            component,
            args.alerts,
            "machine-store",
            line=pulumi.Output.format(
                'log_id("cloudaudit.googleapis.com/data_access") AND resource.labels.bucket_name="{}"'
                ' AND protoPayload.methodName=~"^storage[.]objects[.](create|delete|update)$"',
                args.machine_store,
            ),
            advice="Somebody wrote to the machine store, from which every machine takes what it runs as root.",
            page=Page.AUDIT_STORE,
        )


def _alarm(
    component: Component, alerts: AlertTargets, part: str, *, line: pulumi.Input[str], advice: str, page: Page
) -> None:
    condition = gcp.monitoring.AlertPolicyConditionConditionMatchedLogArgs(filter=line)
    gcp_alarm(
        component,
        alerts,
        f"{component.name}-{part}",
        advice=advice,
        page=page,
        conditions=[gcp.monitoring.AlertPolicyConditionArgs(display_name=part, condition_matched_log=condition)],
        # An alarm on log lines must say how often it may be sent.
        alert_strategy=gcp.monitoring.AlertPolicyAlertStrategyArgs(
            notification_rate_limit=gcp.monitoring.AlertPolicyAlertStrategyNotificationRateLimitArgs(period="300s"),
            auto_close="86400s",
        ),
    )
