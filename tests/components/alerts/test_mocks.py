"""Alerts, seen through Pulumi's mocks."""

import pulumi

from components.alerts import Alerts, AlertsArgs, MachineMetric
from settings.vocabulary import GcpProject
from tests.components.mocks import Clouds, Neighbours, context, once, statements

ADDRESSES = ("first@example.org", "second@example.org")


def alerts() -> Alerts:
    providers = Neighbours().providers
    projects = {
        GcpProject.TESTGROUND: providers.testground,
        GcpProject.BUILD_RUNNERS: providers.projects[GcpProject.BUILD_RUNNERS],
    }
    args = AlertsArgs(addresses=ADDRESSES, gcp_projects=projects, pipelines=providers.pipelines)
    return Alerts("alerts", args, context(), aws_provider=providers.aws)


@pulumi.runtime.test
def build() -> None:
    alerts()


def test_everybody_on_call_hears_of_both_clouds() -> None:
    clouds = once(build)

    channels = clouds.of_type("gcp:monitoring/notificationChannel:NotificationChannel")
    subscriptions = clouds.of_type("aws:sns/topicSubscription:TopicSubscription")
    assert sorted(channel.inputs["labels"]["email_address"] for channel in channels) == sorted(3 * ADDRESSES)
    assert sorted(subscription.inputs["endpoint"] for subscription in subscriptions) == sorted(ADDRESSES)


def test_no_other_account_can_raise_an_alarm() -> None:
    clouds = once(build)

    (statement,) = statements(clouds.one("aws:sns/topicPolicy:TopicPolicy").inputs["policy"])
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": context().aws_account_id}}


@pulumi.runtime.test
def test_an_alarm_is_given_a_metric_that_has_a_descriptor(clouds: Clouds) -> pulumi.Output[None]:
    targets = alerts().for_project(GcpProject.TESTGROUND)

    def check(types: list[str]) -> None:
        described = clouds.of_type("gcp:monitoring/metricDescriptor:MetricDescriptor")
        assert set(types) == {descriptor.inputs["type"] for descriptor in described}
        assert len(types) == len(MachineMetric)

    return pulumi.Output.all(*targets.gcp_metrics.values()).apply(check)
