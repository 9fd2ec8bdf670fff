"""Jobs of GitLab, as their ID tokens describe them (GitLab documentation, "OpenID Connect authentication").

A merge request pipeline carries the name of its source branch, so a preview cannot be bound to one branch; it is bound
to an environment that only members may run jobs in. A pipeline of a fork carries the path of the fork.
"""

from components.ci_identity.claims import JobClaims, Platform, Purpose
from settings.ci_identity.section import GitLabEnvironment, GitLabIdentity

SUB_COMPONENTS = ("project_path", "ref_type", "ref_protected", "environment_protected", "deployment_tier")
"""What `sub` is made of, in this order: the project's `ci_id_token_sub_claim_components` (projects API, GitLab 18.7).

Of a GitLab token AWS compares `aud` and `sub` alone, and by default `sub` says nothing of the environment, so that any
job on the branch would do. The name of the environment cannot be put there, its tier can. `ref` is left out because it
holds the branch of a merge request, which a wildcard alone could match; that the branch is protected stays in. On AWS
any protected branch will do, therefore, and any protected environment: the tier is what the job itself says of it
(GitLab's source: `environment_tier` of a build takes the job's `deployment_tier` before that of the environment).
`pulumi up` also needs the state, which lies on GCP behind the `ref` and the environment's name; calls by hand do not.
What stands before them is who gets a `.gitlab-ci.yml` onto a protected branch (docs/ci.md).
"""

DEPLOY_SOURCES = ("push", "web")
"""What starts a pipeline that may deploy: a merge, or a person. Never a merge request, a trigger or another project."""


def gitlab_platform(settings: GitLabIdentity) -> Platform:
    """The trusted jobs of the project."""
    preview, deploy = settings.preview, settings.deploy
    return Platform(
        name="gitlab",
        issuer=settings.issuer,
        project_claim="project_id",
        project_id=settings.project_id,
        job_claim="job_id",
        jobs={
            Purpose.PREVIEW: JobClaims(
                environment=preview.name,
                gcp=_environment_claims(settings, preview),
                # Merge requests come from branches that are not protected; the drift preview runs on one that is.
                aws={"sub": tuple(_subject(settings, preview, protected) for protected in ("false", "true"))},
            ),
            Purpose.DEPLOY: JobClaims(
                environment=deploy.name,
                gcp={
                    **_environment_claims(settings, deploy),
                    "ref_type": ("branch",),
                    "ref": (settings.branch,),
                    "ref_protected": ("true",),
                    "pipeline_source": DEPLOY_SOURCES,
                },
                aws={"sub": (_subject(settings, deploy, "true"),)},
            ),
        },
    )


def _environment_claims(settings: GitLabIdentity, environment: GitLabEnvironment) -> dict[str, tuple[str, ...]]:
    return {
        "project_id": (settings.project_id,),
        "project_path": (settings.project_path,),
        "environment": (environment.name,),
        "environment_protected": ("true",),
        "deployment_tier": (environment.tier.value,),
    }


def _subject(settings: GitLabIdentity, environment: GitLabEnvironment, ref_protected: str) -> str:
    values = (settings.project_path, "branch", ref_protected, "true", environment.tier.value)
    return ":".join(f"{name}:{value}" for name, value in zip(SUB_COMPONENTS, values, strict=True))
