"""AWS: an OIDC provider for each platform of which it tells the jobs apart, and a role for each identity.

A role trusts exactly the jobs of its identity, or the account that GCP makes of them.
"""

from collections.abc import Mapping, Sequence

import pulumi_aws as aws

from components.ci_identity.claims import Claims, Platform, Purpose
from components.component import Component
from components.iam import Statement, policy_document

SESSION_SECONDS: Mapping[Purpose, int] = {Purpose.PREVIEW: 3600, Purpose.DEPLOY: 7200}
"""Life of a session. An update may wait for a control plane of EKS and its nodes; a preview waits for nothing."""


def oidc_providers(
    component: Component, platforms: Sequence[Platform], audience: str
) -> dict[str, aws.iam.OpenIdConnectProvider]:
    """The issuers that AWS asks, by platform. An account has each of them once.

    No thumbprints: AWS checks the issuer's certificate against its own list of authorities (IAM user guide).
    """
    return {
        platform.name: aws.iam.OpenIdConnectProvider(
            f"{component.name}-{platform.name}",
            url=platform.issuer,
            client_id_lists=[audience],
            tags=component.tags(),
            opts=component.child(),
        )
        for platform in platforms
        if any(job.aws is not None for job in platform.jobs.values())
    }


def pipeline_role(
    component: Component,
    purpose: Purpose,
    platforms: Sequence[Platform],
    issuers: Mapping[str, aws.iam.OpenIdConnectProvider],
    *,
    through_gcp: Statement,
    audience: str,
    statements: Sequence[Statement],
) -> aws.iam.Role:
    """The role of one identity with its rights. `through_gcp` admits jobs that come as their account there."""
    role = aws.iam.Role(
        f"{component.name}-{purpose}",
        name=role_name(component, purpose),
        description=f"Pipelines that {purpose} this stack",
        assume_role_policy=policy_document(
            *(
                through_gcp
                if (claims := platform.jobs[purpose].aws) is None
                else _trust(component, platform, claims, issuers[platform.name], audience)
                for platform in platforms
            )
        ),
        max_session_duration=SESSION_SECONDS[purpose],
        tags=component.tags(),
        opts=component.child(),
    )
    aws.iam.RolePolicy(
        f"{component.name}-{purpose}", role=role.name, policy=policy_document(*statements), opts=component.child()
    )
    return role


def role_name(component: Component, purpose: Purpose) -> str:
    """Explicit, because pipelines name the role."""
    return component.context.physical_name("ci", purpose, kind="iam_role")


def _trust(
    component: Component,
    platform: Platform,
    claims: Claims,
    issuer: aws.iam.OpenIdConnectProvider,
    audience: str,
) -> Statement:
    host, account = platform.issuer_host, component.context.aws_account_id
    # Made from the address, because a preview knows it and shows the whole trust; it still waits for the issuer.
    arn = issuer.url.apply(lambda url: f"arn:aws:iam::{account}:oidc-provider/{url.removeprefix('https://')}")
    return Statement(
        sid=platform.name.capitalize(),
        actions=["sts:AssumeRoleWithWebIdentity"],
        principals={"Federated": arn},
        conditions={
            "StringEquals": {
                f"{host}:aud": audience,
                **{
                    f"{host}:{claim}": values[0] if len(values) == 1 else list(values)
                    for claim, values in claims.items()
                },
            }
        },
    )
