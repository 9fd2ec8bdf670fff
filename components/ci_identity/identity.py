"""The identities themselves: who may take them on both clouds, and what they may do there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_gcp as gcp

from components.audit import AuditNames
from components.backup_vault import BackupVault, bucket_arn
from components.ci_identity.aws_access import (
    audit_statements,
    deploy_statements,
    preview_statements,
    role_arn,
    vault_statements,
)
from components.ci_identity.aws_federation import oidc_providers, pipeline_role
from components.ci_identity.claims import Platform, Purpose
from components.ci_identity.gcp_access import (
    GcpProjectAccess,
    GcpProjectAccessArgs,
    grant_machine_store,
    grant_state,
    let_read_identities,
)
from components.ci_identity.gcp_federation import federate, service_account
from components.ci_identity.github import github_platform
from components.ci_identity.gitlab import gitlab_platform
from components.component import Component, StackContext
from components.iam import google_trust
from components.machine_store import MachineStore
from components.projects import PROJECT_NAMES
from settings.ci_identity.section import CiIdentitySettings
from settings.vocabulary import GcpProject


@dataclass(frozen=True, kw_only=True)
class CiIdentityArgs:
    """Arguments of a CiIdentity."""

    settings: CiIdentitySettings
    projects: Mapping[GcpProject, tuple[str, gcp.Provider]]
    """Projects that the program makes something in: project id and provider."""
    store: MachineStore
    vault: BackupVault | None
    """Which no pipeline may change; None where the stack has none."""
    audit: AuditNames | None
    """The audit trail, of which the same holds."""


class CiIdentity(Component):
    """Two identities on each cloud for the pipelines of one project: preview, which only reads, and deploy.

    **Pulumi type:** `packyard:ci_identity:CiIdentity`

    Makes a workload identity pool and a service account for each identity on GCP, in the project of the state's key, a
    role for each on AWS, the issuers on both, and the grants. It makes no key: a job trades its own token for a session
    of at most two hours.

    It leaves the state bucket and its key alone but for the grants on them, and it cannot protect the environments and
    branches in GitLab or GitHub, on which all of it rests (docs/ci.md). The deploy identity cannot change this
    component: a person does, as for the vault.
    """

    service_accounts: dict[Purpose, pulumi.Output[str]]
    """E-mail addresses of the accounts that jobs act as on GCP."""
    identity_providers: dict[Purpose, dict[str, pulumi.Output[str]]]
    """Full names of the providers by platform, which jobs on GCP present their token to."""
    role_arns: dict[Purpose, pulumi.Output[str]]
    """Roles that jobs assume on AWS."""

    def __init__(
        self,
        name: str,
        args: CiIdentityArgs,
        context: StackContext,
        *,
        aws_provider: aws.Provider,
        gcp_provider: gcp.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "packyard:ci_identity:CiIdentity", name, context, providers=[aws_provider, gcp_provider], opts=opts
        )
        settings = args.settings
        platforms = _platforms(settings)
        accounts = {purpose: service_account(self, purpose) for purpose in Purpose}
        self.service_accounts = {purpose: account.email for purpose, account in accounts.items()}
        self.identity_providers = {
            purpose: federate(self, purpose, platforms, accounts[purpose], settings.audience) for purpose in Purpose
        }
        grant_state(self, settings.state, accounts)
        let_read_identities(self, settings.state.project, accounts)
        grant_machine_store(self, args.store.gcs_bucket, accounts)
        guarded = (settings.state.bucket, *(() if args.vault is None else (args.vault.gcs_bucket,)))
        for project, (project_id, provider) in args.projects.items():
            GcpProjectAccess(
                f"{name}-{PROJECT_NAMES[project]}",
                GcpProjectAccessArgs(project_id=project_id, accounts=accounts, guarded_buckets=guarded),
                context,
                gcp_provider=provider,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.role_arns = _roles(self, args, platforms, accounts)
        self.register_outputs({"outputs": self.outputs})

    @property
    def outputs(self) -> dict[str, dict[str, object]]:
        """What pipelines must be told, by identity."""
        return {
            purpose.value: {
                "gcp_service_account": self.service_accounts[purpose],
                "gcp_identity_providers": self.identity_providers[purpose],
                "aws_role_arn": self.role_arns[purpose],
            }
            for purpose in Purpose
        }


def _platforms(settings: CiIdentitySettings) -> tuple[Platform, ...]:
    gitlab = () if settings.gitlab is None else (gitlab_platform(settings.gitlab),)
    github = () if settings.github is None else (github_platform(settings.github),)
    return (*gitlab, *github)


def _roles(
    component: Component,
    args: CiIdentityArgs,
    platforms: Sequence[Platform],
    accounts: Mapping[Purpose, gcp.serviceaccount.Account],
) -> dict[Purpose, pulumi.Output[str]]:
    vault, audit, audience = args.vault, args.audit, args.settings.audience
    issuers = oidc_providers(component, platforms, audience)
    guarded: list[pulumi.Input[str]] = [
        *(role_arn(component, purpose) for purpose in Purpose),
        *([] if vault is None else vault.guarded_role_arns),
        *([] if audit is None else [audit.role_arn]),
    ]
    statements = {
        Purpose.PREVIEW: preview_statements(component, bucket_arn(args.store.s3_bucket)),
        Purpose.DEPLOY: (
            *deploy_statements(component, guarded),
            *(() if vault is None else vault_statements(vault.s3_bucket_arn)),
            *(() if audit is None else audit_statements(audit)),
        ),
    }
    return {
        purpose: pipeline_role(
            component,
            purpose,
            platforms,
            issuers,
            through_gcp=google_trust(accounts[purpose].unique_id, audience, sid="ThroughGcp"),
            audience=audience,
            statements=statements[purpose],
        ).arn
        for purpose in Purpose
    }
