"""Jobs of GitHub Actions, as their tokens describe them (GitHub documentation, "OpenID Connect reference").

The subject of a job with an environment is `repo:OWNER/NAME:environment:ENVIRONMENT`, the default format. Without one
it would be `repo:OWNER/NAME:pull_request` for every job of every pull request, which is never trusted here.

Repositories that were made, renamed or moved since 15 July 2026, and others that ask for it, write ids into it:
`repo:OWNER@OWNERID/NAME@ID:environment:ENVIRONMENT` (the same page, "Immutable subject claims").
"""

from components.ci_identity.claims import JobClaims, Platform, Purpose
from settings.ci_identity.section import GitHubIdentity

ISSUER = "https://token.actions.githubusercontent.com"

DEPLOY_EVENTS = ("push", "workflow_dispatch")
"""What starts a workflow that may deploy: a merge, or a person. Never a pull request."""


def github_platform(settings: GitHubIdentity) -> Platform:
    """The trusted jobs of the repository."""
    ref = f"refs/heads/{settings.branch}"
    workflow = f"{settings.repository}/{settings.deploy_workflow}@{ref}"
    preview = _environment_claims(settings, settings.preview_environment)
    deploy = {
        **_environment_claims(settings, settings.deploy_environment),
        "ref": (ref,),
        "job_workflow_ref": (workflow,),
    }
    return Platform(
        name="github",
        issuer=ISSUER,
        project_claim="repository_id",
        project_id=settings.repository_id,
        job_claim="run_id",
        jobs={
            # AWS has compared these claims of GitHub's tokens since January 2026; the event is not among them.
            Purpose.PREVIEW: JobClaims(settings.preview_environment, gcp=preview, aws=preview),
            Purpose.DEPLOY: JobClaims(
                settings.deploy_environment, gcp={**deploy, "event_name": DEPLOY_EVENTS}, aws=deploy
            ),
        },
    )


def _environment_claims(settings: GitHubIdentity, environment: str) -> dict[str, tuple[str, ...]]:
    return {
        "sub": _subjects(settings, environment),
        "repository": (settings.repository,),
        "repository_id": (settings.repository_id,),
        "environment": (environment,),
    }


def _subjects(settings: GitHubIdentity, environment: str) -> tuple[str, str]:
    """Both forms: a rename or one click in the repository's settings turns the first into the second."""
    owner, _, name = settings.repository.partition("/")
    ids = f"{owner}@{settings.owner_id}/{name}@{settings.repository_id}"
    return f"repo:{settings.repository}:environment:{environment}", f"repo:{ids}:environment:{environment}"
