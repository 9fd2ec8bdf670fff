"""The only door to a cloud: one AWS provider and one provider for each GCP project.

Ambient credentials decide who is asking, never where: account and projects are pinned here, so a shell that points
elsewhere is an error before anything is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_aws as aws
import pulumi_gcp as gcp

from components.projects import PROJECT_NAMES
from settings.stack import Settings
from settings.vocabulary import GcpProject


@dataclass(frozen=True)
class Providers:
    """Every provider of the stack."""

    aws: aws.Provider
    projects: Mapping[GcpProject, gcp.Provider]
    """Of each project that the stack has."""
    pipelines: gcp.Provider | None
    """Of the project that holds the state and the pipelines' own identities, and nothing of the estate; None where no
    pipeline has any."""

    @property
    def testground(self) -> gcp.Provider:
        """Of the project that single machines live in."""
        return self.projects[GcpProject.TESTGROUND]


def default_tags(settings: Settings) -> dict[str, str]:
    """Tags and labels of every resource; components add their own name. GCP accepts lower case alone."""
    return {
        "stack": settings.stack,
        "owner": settings.estate.owner,
        "cost_centre": settings.estate.cost_centre,
        "repository": settings.estate.repository,
    }


def make_providers(settings: Settings) -> Providers:
    """All providers, with accounts pinned and default tags and labels set."""
    identity = settings.ci_identity
    return Providers(
        aws=aws.Provider(
            "aws",
            region=settings.aws.region,
            allowed_account_ids=[settings.aws.account_id],
            default_tags=aws.ProviderDefaultTagsArgs(tags=default_tags(settings)),
        ),
        projects={
            project: _gcp_provider(f"gcp-{PROJECT_NAMES[project]}", settings, project_id)
            for project, project_id in settings.gcp.projects.ids().items()
        },
        pipelines=None if identity is None else _gcp_provider("gcp-state", settings, identity.state.project),
    )


def _gcp_provider(name: str, settings: Settings, project_id: str) -> gcp.Provider:
    return gcp.Provider(
        name,
        project=project_id,
        region=settings.gcp.region,
        zone=settings.gcp.zone,
        default_labels=default_tags(settings),
        add_pulumi_attribution_label=False,
        user_project_override=True,
        billing_project=project_id,
    )
