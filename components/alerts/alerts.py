"""Notification channels in the GCP projects and a topic on AWS, for the people on call."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_gcp as gcp

from components.alerts.metrics import DESCRIPTIONS, GCP_PREFIX, MACHINE_LABEL, MachineMetric
from components.component import Component, StackContext
from components.iam import Statement, policy_document
from components.projects import PIPELINES, PROJECT_NAMES
from settings.vocabulary import GcpProject


@dataclass(frozen=True)
class AlertTargets:
    """Where alarms go: a notification channel in each GCP project, a topic on AWS."""

    gcp_channels: tuple[pulumi.Output[str], ...]
    """Names of monitoring notification channels in the machine's own project."""
    gcp_metrics: Mapping[MachineMetric, pulumi.Output[str]]
    """Metric types of that project. Outputs of their descriptors, because an alarm on an unknown metric is refused."""
    aws_topic_arn: pulumi.Output[str]
    """ARN of the topic."""


@dataclass(frozen=True, kw_only=True)
class AlertsArgs:
    """Arguments of Alerts."""

    addresses: tuple[str, ...]
    """E-mail addresses of the people on call."""
    gcp_projects: Mapping[GcpProject, gcp.Provider]
    """Projects that have machines."""
    pipelines: gcp.Provider | None
    """Of the project of state and pipelines' identities, which has none; None where no pipeline has an identity."""


class Alerts(Component):
    """E-mail channels in each GCP project, and a topic with the same addresses on AWS.

    **Pulumi type:** `packyard:alerts:Alerts`

    Makes channels, the descriptors of the machines' own metrics, topic, topic policy and subscriptions. Each address
    has to confirm its AWS subscription once, by a link in an e-mail. Alarms belong to the systems that they watch.
    """

    aws_topic_arn: pulumi.Output[str]
    """ARN of the topic that CloudWatch alarms publish to."""

    def __init__(
        self,
        name: str,
        args: AlertsArgs,
        context: StackContext,
        *,
        aws_provider: aws.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:alerts:Alerts", name, context, providers=[aws_provider], opts=opts)
        self._projects = {
            project: GcpAlerts(
                f"{name}-{PROJECT_NAMES[project]}",
                GcpAlertsArgs(addresses=args.addresses, metrics=MachineMetric),
                context,
                gcp_provider=provider,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for project, provider in args.gcp_projects.items()
        }
        self._pipelines = args.pipelines and GcpAlerts(
            f"{name}-{PIPELINES}",
            GcpAlertsArgs(addresses=args.addresses, metrics=()),
            context,
            gcp_provider=args.pipelines,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.aws_topic_arn = _topic(self, args).arn
        self.register_outputs({"aws_topic_arn": self.aws_topic_arn})

    def for_project(self, project: GcpProject) -> AlertTargets:
        """Targets of a system that lives in a GCP project; on AWS the topic is the same for all."""
        return self._targets(self._projects[project])

    @property
    def for_pipelines(self) -> AlertTargets | None:
        """Targets in the project of state and pipelines' identities; None where there is none."""
        return self._pipelines and self._targets(self._pipelines)

    def _targets(self, alerts: "GcpAlerts") -> AlertTargets:
        return AlertTargets(alerts.channels, alerts.metrics, self.aws_topic_arn)


@dataclass(frozen=True, kw_only=True)
class GcpAlertsArgs:
    """Arguments of a GcpAlerts."""

    addresses: tuple[str, ...]
    """E-mail addresses of the people on call."""
    metrics: Collection[MachineMetric]
    """What machines of the project write."""


class GcpAlerts(Component):
    """Channels and metric descriptors of one GCP project.

    **Pulumi type:** `packyard:alerts:GcpAlerts`

    Makes an e-mail channel for each address, and the descriptors, which Cloud Monitoring wants before any alarm.
    """

    channels: tuple[pulumi.Output[str], ...]
    """Names of the channels."""
    metrics: Mapping[MachineMetric, pulumi.Output[str]]
    """Metric types by name."""

    def __init__(
        self,
        name: str,
        args: GcpAlertsArgs,
        context: StackContext,
        *,
        gcp_provider: gcp.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:alerts:GcpAlerts", name, context, providers=[gcp_provider], opts=opts)
        self.channels = tuple(_channel(self, address).name for address in args.addresses)
        self.metrics = {metric: _descriptor(self, metric).type for metric in args.metrics}
        self.register_outputs({"channels": list(self.channels)})


def _channel(component: Component, address: str) -> gcp.monitoring.NotificationChannel:
    return gcp.monitoring.NotificationChannel(
        f"{component.name}-{address}",
        display_name=address,
        type="email",
        labels={"email_address": address},
        user_labels=component.labels(),
        opts=component.child(),
    )


def _descriptor(component: Component, metric: MachineMetric) -> gcp.monitoring.MetricDescriptor:
    return gcp.monitoring.MetricDescriptor(
        f"{component.name}-{metric}",
        type=f"{GCP_PREFIX}/{metric}",
        display_name=metric,
        description=DESCRIPTIONS[metric],
        metric_kind="GAUGE",
        value_type="DOUBLE",
        labels=[
            gcp.monitoring.MetricDescriptorLabelArgs(
                key=MACHINE_LABEL, value_type="STRING", description="Name of the machine"
            )
        ],
        opts=component.child(),
    )


def _topic(component: Component, args: AlertsArgs) -> aws.sns.Topic:
    name = component.name
    topic = aws.sns.Topic(
        name,
        name=component.context.physical_name(name, kind="secret"),
        tags=component.tags(),
        opts=component.child(),
    )
    aws.sns.TopicPolicy(
        name,
        arn=topic.arn,
        policy=policy_document(
            Statement(
                sid="AlarmsOfThisAccount",
                actions=["sns:Publish"],
                resources=[topic.arn],
                principals={"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]},
                conditions={"StringEquals": {"aws:SourceAccount": component.context.aws_account_id}},
            )
        ),
        opts=component.child(),
    )
    for address in args.addresses:
        aws.sns.TopicSubscription(
            f"{name}-{address}", topic=topic.arn, protocol="email", endpoint=address, opts=component.child()
        )
    return topic
