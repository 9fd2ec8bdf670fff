"""Jobs of GitLab, as their ID tokens describe them (GitLab documentation, "OpenID Connect authentication").

A merge request pipeline carries the name of its source branch, so a preview cannot be bound to one branch; it is bound
to an environment that only members may run jobs in. A pipeline of a fork carries the path of the fork.

GCP compares every claim. AWS compares `aud` and `sub` alone, and `sub` cannot hold the environment's name: it can hold
its tier, which is what the job itself says of it (GitLab's source: `environment_tier` of a build takes the job's
`deployment_tier` before that of the environment). So no job of GitLab comes to AWS by its own token: it comes as the
account that GCP makes of it.
"""

from components.ci_identity.claims import JobClaims, Platform, Purpose
from settings.ci_identity.section import GitLabIdentity

DEPLOY_SOURCES = ("push", "web")
"""What starts a pipeline that may deploy: a merge, or a person. Never a merge request, a trigger or another project."""


def gitlab_platform(settings: GitLabIdentity) -> Platform:
    """The trusted jobs of the project."""
    preview, deploy = settings.preview_environment, settings.deploy_environment
    return Platform(
        name="gitlab",
        issuer=settings.issuer,
        project_claim="project_id",
        project_id=settings.project_id,
        job_claim="job_id",
        jobs={
            Purpose.PREVIEW: JobClaims(environment=preview, gcp=_environment_claims(settings, preview), aws=None),
            Purpose.DEPLOY: JobClaims(
                environment=deploy,
                gcp={
                    **_environment_claims(settings, deploy),
                    "ref_type": ("branch",),
                    "ref": (settings.branch,),
                    "ref_protected": ("true",),
                    "pipeline_source": DEPLOY_SOURCES,
                },
                aws=None,
            ),
        },
    )


def _environment_claims(settings: GitLabIdentity, environment: str) -> dict[str, tuple[str, ...]]:
    return {
        "project_id": (settings.project_id,),
        "project_path": (settings.project_path,),
        "environment": (environment,),
        "environment_protected": ("true",),
    }
