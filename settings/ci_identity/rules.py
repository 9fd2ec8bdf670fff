"""Rules between the identities of pipelines and the rest of a stack file."""

from collections.abc import Iterator

from settings.faults import Fault, Path, disagreement
from settings.stack import Settings

PREVIEW = "-preview"
"""Ends the name of a preview environment, behind the whole name of its stack."""


def audience_is_of_this_stack(settings: Settings) -> Iterator[Fault]:
    """With one audience for all, a token made for staging's preview would be taken by production's clouds."""
    identity = settings.ci_identity
    if identity is None:
        return
    right = f"an audience that ends in /{settings.stack}, which jobs ask for by name"
    if identity.audience.rpartition("/")[2] != settings.stack:
        yield Fault(("ciIdentity", "audience"), f"{identity.audience} is not of {settings.stack} alone", right)
    if identity.gitlab is not None and identity.audience.startswith(f"{identity.gitlab.issuer}/"):
        yield Fault(("ciIdentity", "audience"), "an address of GitLab itself is asked for by jobs of others", right)


def environments_are_of_this_stack(settings: Settings) -> Iterator[Fault]:
    """An environment that two stacks share lets a job of the one deploy the other.

    A name that only begins with the stack's may be another stack's own: production-eu is not of production.
    """
    preview, deploy = f"{settings.stack}{PREVIEW}", settings.stack
    for path, name in _environments(settings):
        if name not in (preview, deploy):
            yield Fault(
                path,
                f"{name} is not an environment of {settings.stack} alone, so another stack could use it too",
                f"{deploy} to deploy, {preview} to preview",
            )
    if settings.ci_identity is not None and settings.stack.endswith(PREVIEW):
        yield Fault(
            ("ciIdentity",),
            f"{settings.stack} is the preview environment of the stack {settings.stack.removesuffix(PREVIEW)}",
            f"a stack whose name does not end in {PREVIEW}",
        )


def state_has_a_project_of_its_own(settings: Settings) -> Iterator[Fault]:
    """No condition knows the names of service accounts: who may make machines' accounts may use all of a project."""
    if settings.ci_identity is None:
        return
    project = settings.ci_identity.state.project
    for place, project_id in settings.gcp.projects.ids().items():
        if project_id == project:
            yield disagreement(
                ("ciIdentity", "state", "kmsKey"),
                ("gcp", "projects", place.value),
                f"state and pipelines' accounts would lie in {project}, which deployments change",
            )


def previews_never_deploy(settings: Settings) -> Iterator[Fault]:
    """Merge requests run in the preview environment. As the deploy environment, it would let them change the stack."""
    identity = settings.ci_identity
    if identity is None:
        return
    for platform, trusted in (("gitlab", identity.gitlab), ("github", identity.github)):
        if trusted is not None and trusted.preview_environment == trusted.deploy_environment:
            yield disagreement(
                ("ciIdentity", platform, "previewEnvironment"),
                ("ciIdentity", platform, "deployEnvironment"),
                "merge requests would run in the environment that deploys",
            )


def _environments(settings: Settings) -> Iterator[tuple[Path, str]]:
    identity = settings.ci_identity
    if identity is None:
        return
    for platform, trusted in (("gitlab", identity.gitlab), ("github", identity.github)):
        if trusted is not None:
            yield ("ciIdentity", platform, "previewEnvironment"), trusted.preview_environment
            yield ("ciIdentity", platform, "deployEnvironment"), trusted.deploy_environment


CI_IDENTITY_RULES = (
    audience_is_of_this_stack,
    environments_are_of_this_stack,
    state_has_a_project_of_its_own,
    previews_never_deploy,
)
