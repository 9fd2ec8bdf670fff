"""Alarms that count events of the trail."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alerts import AlertTargets, Page, aws_log_alarm
from components.component import Component

NAMESPACE = "Packyard/Audit"
"""Namespace of metrics that CloudWatch counts in the trail."""

CHANGES = "($.readOnly IS FALSE)"


@dataclass(frozen=True, kw_only=True)
class WatchedOnAws:
    """What nobody does unnoticed."""

    machine_store: pulumi.Input[str]
    """Name of the bucket that machines take their programs from."""
    exchange: Sequence[str]
    """Names of the parameters that hold keys and authorities which hosts trust."""
    roles: Sequence[pulumi.Input[str]]
    """ARNs of the roles that may do the most."""


def watch_trail(
    component: Component, alerts: AlertTargets, group: aws.cloudwatch.LogGroup, watched: WatchedOnAws
) -> None:
    """An alarm for each kind of event. CloudTrail tells of an event within some minutes of it."""
    of_store = pulumi.Output.format('$.requestParameters.bucketName = "{}"', watched.machine_store)
    _count(
        component,
        alerts,
        group,
        "machine-store",
        pattern=pulumi.Output.concat(_from("s3", CHANGES), " && (", of_store, ") }"),
        advice="Somebody wrote to the machine store, from which every machine takes what it runs as root.",
        page=Page.AUDIT_STORE,
    )
    if watched.exchange:
        _count(
            component,
            alerts,
            group,
            "exchange",
            pattern=pulumi.Output.concat(_from("ssm", CHANGES), " && (", _any("name", watched.exchange), ") }"),
            advice="A key or an authority was written that both database hosts trust.",
            page=Page.AUDIT_EXCHANGE,
        )
    if watched.roles:
        roles = pulumi.Output.all(*watched.roles).apply(lambda arns: _any("roleArn", arns))
        _count(
            component,
            alerts,
            group,
            "roles",
            pattern=pulumi.Output.concat(_from("sts"), " && (", roles, ") }"),
            advice="Somebody took the role of the operator or of deployments.",
            page=Page.AUDIT_ROLES,
        )
    for name, service, advice, page in (
        ("iam", "iam", "A role, a policy or a trust of the account was changed.", Page.AUDIT_IAM),
        ("trail", "cloudtrail", "The trail itself was changed, or stopped.", Page.AUDIT_TRAIL),
    ):
        _count(component, alerts, group, name, pattern=f"{_from(service, CHANGES)} }}", advice=advice, page=page)


def _from(service: str, *more: str) -> str:
    return " && ".join((f'{{ ($.eventSource = "{service}.amazonaws.com")', *more))


def _any(parameter: str, values: Sequence[str]) -> str:
    return " || ".join(f'($.requestParameters.{parameter} = "{value}")' for value in values)


def _count(
    component: Component,
    alerts: AlertTargets,
    group: aws.cloudwatch.LogGroup,
    part: str,
    *,
    pattern: pulumi.Input[str],
    advice: str,
    page: Page,
) -> None:
    aws_log_alarm(
        component,
        alerts,
        f"{component.name}-{part}",
        log_group=group,
        pattern=pattern,
        namespace=NAMESPACE,
        advice=advice,
        page=page,
    )
