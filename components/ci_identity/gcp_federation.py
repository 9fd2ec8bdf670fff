"""GCP: a pool for each identity, a provider for each platform in it, and the service account that they lead to."""

import json
from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp

from components.ci_identity.claims import Claims, Platform, Purpose
from components.component import Component

ORIGIN = "attribute.origin"
"""The attribute that grants name: platform, project id and environment, so that no two platforms share a value."""


def service_account(component: Component, purpose: Purpose) -> gcp.serviceaccount.Account:
    """The account that an identity acts as."""
    context = component.context
    return gcp.serviceaccount.Account(
        f"{component.name}-{purpose}",
        account_id=context.shortened("ci", purpose, kind="service_account"),
        display_name=f"{context.stack}: pipelines, {purpose}",
        description="Taken by jobs of pipelines for the length of a job; it has no key",
        deletion_policy=component.deletion_policy,
        opts=component.stateful(),
    )


def federate(
    component: Component,
    purpose: Purpose,
    platforms: Sequence[Platform],
    account: gcp.serviceaccount.Account,
    audience: str,
) -> dict[str, pulumi.Output[str]]:
    """Lets the trusted jobs of each platform act as the account. Returns the providers' full names by platform.

    A pool of its own for each identity: attributes hold for a whole pool, so in a shared one the condition of one
    provider would be all that stands between a preview and a deployment.
    """
    context = component.context
    pool = gcp.iam.WorkloadIdentityPool(
        f"{component.name}-{purpose}",
        # A deleted pool keeps its id for 30 days. The same limits as for accounts fit: 4 to 32 characters.
        workload_identity_pool_id=context.shortened("ci", purpose, kind="service_account"),
        display_name=f"{context.stack}: pipelines",
        description=f"Jobs of pipelines that {purpose} this stack",
        opts=component.child(),
    )
    return {
        platform.name: _trust(component, purpose, platform, pool, account, audience=audience) for platform in platforms
    }


def _trust(
    component: Component,
    purpose: Purpose,
    platform: Platform,
    pool: gcp.iam.WorkloadIdentityPool,
    account: gcp.serviceaccount.Account,
    *,
    audience: str,
) -> pulumi.Output[str]:
    job = f"assertion.{platform.job_claim}"
    project = f"assertion.{platform.project_claim}"
    provider = gcp.iam.WorkloadIdentityPoolProvider(
        f"{component.name}-{purpose}-{platform.name}",
        workload_identity_pool_id=pool.workload_identity_pool_id,
        workload_identity_pool_provider_id=platform.name,
        display_name=f"{platform.name}: {purpose}",
        attribute_mapping={
            # Not `sub`: it may be longer than the 127 characters allowed here. This one leads an auditor to the job.
            "google.subject": f'"{platform.name}/" + {project} + "/" + {job}',
            ORIGIN: f'"{platform.name}/" + {project} + "/" + assertion.environment',
        },
        attribute_condition=condition(platform.jobs[purpose].gcp),
        oidc=gcp.iam.WorkloadIdentityPoolProviderOidcArgs(issuer_uri=platform.issuer, allowed_audiences=[audience]),
        opts=component.child(),
    )
    gcp.serviceaccount.IAMMember(
        f"{component.name}-{purpose}-{platform.name}",
        service_account_id=account.name,
        role="roles/iam.workloadIdentityUser",
        member=pulumi.Output.concat(
            "principalSet://iam.googleapis.com/", pool.name, f"/{ORIGIN}/{platform.origin(purpose)}"
        ),
        opts=component.child(),
    )
    return provider.name


def condition(claims: Claims) -> str:
    """An attribute condition that holds where every claim has one of its values. A missing claim fails it."""
    return " && ".join(
        f"assertion.{claim} == {json.dumps(values[0])}"
        if len(values) == 1
        else f"assertion.{claim} in {json.dumps(values)}"
        for claim, values in claims.items()
    )
