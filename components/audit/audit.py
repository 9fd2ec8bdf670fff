"""The audit trail itself: records of both clouds, out of reach of pipelines, and alarms on what matters most."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_gcp as gcp

from components.alerts import Alerts, AlertTargets
from components.audit.aws_trail import trail
from components.audit.aws_watch import WatchedOnAws, watch_trail
from components.audit.gcp_logs import GcpAudit, GcpAuditArgs
from components.component import Component, StackContext
from components.machine_store import MachineStore
from components.projects import PIPELINES, PROJECT_NAMES
from settings.audit.section import AuditSettings
from settings.vocabulary import GcpProject


@dataclass(frozen=True, kw_only=True)
class AuditArgs:
    """Arguments of an Audit."""

    settings: AuditSettings
    projects: Mapping[GcpProject, tuple[str, gcp.Provider]]
    """Projects that the program makes something in: project id and provider."""
    pipelines: tuple[str, gcp.Provider] | None
    """The same of the project of state and pipelines' identities; None where no pipeline has an identity."""
    alerts: Alerts
    store: MachineStore
    exchange: tuple[str, ...]
    """Parameters whose change is a change of whom the database hosts trust."""
    roles: tuple[pulumi.Input[str], ...]
    """ARNs of the roles on AWS whose use is told: operators, deployments."""
    deploy_account: pulumi.Input[str] | None
    """E-mail address of the account on GCP that deploys; None where nothing does."""


class Audit(Component):
    """Who did what: CloudTrail of all regions, and the audit logs of every project.

    **Pulumi type:** `packyard:audit:Audit`

    Makes the trail, its locked bucket, log group and role, alarms on it, and for each GCP project the configuration of
    its logs, a sink and alarms. A person makes and changes it, as the identities of pipelines: the deploy identity is
    denied the trail's bucket, log group and alarms, and has no right on trails and sinks. It leaves the log bucket on
    GCP alone, which a person makes and lets the sinks into.
    """

    writers: dict[str, pulumi.Output[str]]
    """By project, who writes for its sink and must be let into the log bucket."""

    def __init__(
        self,
        name: str,
        args: AuditArgs,
        context: StackContext,
        *,
        aws_provider: aws.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:audit:Audit", name, context, providers=[aws_provider], opts=opts)
        group = trail(self, args.settings, args.store.s3_bucket_arn)
        watched = WatchedOnAws(machine_store=args.store.s3_bucket, exchange=args.exchange, roles=args.roles)
        watch_trail(self, args.alerts.for_project(GcpProject.TESTGROUND), group, watched)
        self.writers = {
            PROJECT_NAMES[project]: self._of_project(
                PROJECT_NAMES[project],
                args,
                place,
                args.alerts.for_project(project),
                machine_store=args.store.gcs_bucket if project is GcpProject.TESTGROUND else None,
            )
            for project, place in args.projects.items()
        }
        if args.pipelines is not None and (alerts := args.alerts.for_pipelines) is not None:
            self.writers[PIPELINES] = self._of_project(PIPELINES, args, args.pipelines, alerts)
        self.register_outputs({"writers": self.writers})

    def _of_project(
        self,
        name: str,
        args: AuditArgs,
        place: tuple[str, gcp.Provider],
        alerts: AlertTargets,
        machine_store: pulumi.Input[str] | None = None,
    ) -> pulumi.Output[str]:
        """Who writes for the sink of a project."""
        project_id, provider = place
        return GcpAudit(
            f"{self.name}-{name}",
            GcpAuditArgs(
                settings=args.settings,
                project_id=project_id,
                alerts=alerts,
                machine_store=machine_store,
                deploy_account=args.deploy_account,
            ),
            self.context,
            gcp_provider=provider,
            opts=pulumi.ResourceOptions(parent=self),
        ).writer
