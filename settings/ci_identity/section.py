"""Identities of pipelines: which jobs of which project may preview this stack, and which may change it."""

from typing import Annotated

from pydantic import model_validator

from settings.base import Section
from settings.forms import pattern_type

Issuer = Annotated[
    str,
    pattern_type(
        r"https://[a-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._/-]*[A-Za-z0-9._-])?",
        "an https:// address without a final slash",
        "https://gitlab.example.com",
    ),
]
"""The `iss` of the tokens, character for character; GCP fetches its keys from there, so it must be reachable."""

Audience = Annotated[
    str,
    pattern_type(
        r"https://[a-z0-9.-]+(/[A-Za-z0-9._-]+)+",
        "an https:// address with a path of its own",
        "https://packyard.example.com/staging",
    ),
]
"""The `aud` that jobs must ask for by name. A name only: nothing has to answer there."""

ProjectPath = Annotated[
    str,
    pattern_type(
        r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+",
        "the path of one project (a wildcard would admit others)",
        "example-group/packyard",
    ),
]

Repository = Annotated[
    str,
    pattern_type(
        r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+",
        "one repository as owner/name (a wildcard would admit others)",
        "example-org/packyard",
    ),
]

PlatformId = Annotated[str, pattern_type(r"[1-9][0-9]{0,18}", "a numeric id in quotes", "1000001")]
"""Never used again after a rename, a transfer or a deletion, unlike a path."""

Branch = Annotated[
    str,
    pattern_type(
        r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*", "the name of one branch (a wildcard would admit others)", "main"
    ),
]
"""A protected branch, without refs/heads/."""

EnvironmentName = Annotated[
    str,
    pattern_type(
        r"[A-Za-z0-9][A-Za-z0-9._/-]{0,62}",
        "the name of one environment (a wildcard would admit others)",
        "staging-preview",
    ),
]

WorkflowPath = Annotated[
    str,
    pattern_type(
        r"\.github/workflows/[A-Za-z0-9._-]+\.ya?ml",
        "a workflow file in .github/workflows",
        ".github/workflows/deploy.yml",
    ),
]

StateBucket = Annotated[
    str,
    pattern_type(
        r"[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]",
        "the name of a Cloud Storage bucket, without gs://",
        "example-pkg-state-staging",
    ),
]

KmsKey = Annotated[
    str,
    pattern_type(
        r"projects/[a-z0-9-]+/locations/[a-z0-9-]+/keyRings/[A-Za-z0-9_-]+/cryptoKeys/[A-Za-z0-9_-]+",
        "the full name of a Cloud KMS key, without gcpkms://",
        "projects/example-pipelines-stg/locations/us-east1/keyRings/pulumi/cryptoKeys/staging",
    ),
]


class StatePlace(Section):
    """Where the state of this stack lies. Both exist before the program (docs/bootstrap.md)."""

    bucket: StateBucket
    """Holds the state of this stack alone: whoever previews it reads the whole bucket."""
    kms_key: KmsKey
    """The key of the stack's secrets provider, in a project in which the program makes nothing else: the pipelines'
    own accounts and pools are put there, since whoever may make machines' accounts in a project may use all of it."""

    @property
    def project(self) -> str:
        """The project of the key, which no deployment may change anything in."""
        return self.kms_key.split("/")[1]


class GitLabIdentity(Section):
    """Jobs of one GitLab project. GCP takes their tokens, and AWS takes what GCP makes of them."""

    issuer: Issuer
    """Address of the GitLab instance, as its tokens name it."""
    project_path: ProjectPath
    """The project whose jobs are let in, with all its groups."""
    project_id: PlatformId
    """Its numeric id, in quotes; it is on the project's page and outlives a rename."""
    branch: Branch
    """Changes the stack; must be protected."""
    preview_environment: EnvironmentName
    """Protected environment of merge requests, which only read: the stack's name with -preview behind it."""
    deploy_environment: EnvironmentName
    """Protected environment that changes the stack: the stack's name."""


class GitHubIdentity(Section):
    """Jobs of one GitHub repository."""

    repository: Repository
    """The repository whose workflows are let in, as owner/name."""
    owner_id: PlatformId
    """Numeric id of its owner, in quotes: `gh api repos/OWNER/NAME --jq .owner.id`. Tokens of repositories that were
    made, renamed or moved since 15 July 2026 hold it in their subject."""
    repository_id: PlatformId
    """Its numeric id, in quotes: `gh api repos/OWNER/NAME --jq .id`."""
    branch: Branch
    """Changes the stack; must be protected, and the only one that the deploy environment admits."""
    preview_environment: EnvironmentName
    """Environment of pull requests, which only read: the stack's name with -preview behind it."""
    deploy_environment: EnvironmentName
    """Environment that changes the stack: the stack's name."""
    deploy_workflow: WorkflowPath
    """The only workflow that may deploy; another one on the same branch may not."""


class CiIdentitySettings(Section):
    """Short-lived identities for pipelines: one that only reads, and one that deploys."""

    audience: Audience
    """Audience that jobs ask for by name when they ask for a token. It ends in the stack's name, so that a token for
    one stack is of no use for another."""
    state: StatePlace
    gitlab: GitLabIdentity | None = None
    github: GitHubIdentity | None = None

    @model_validator(mode="after")
    def _somebody_is_trusted(self) -> "CiIdentitySettings":
        if self.gitlab is None and self.github is None:
            raise ValueError("neither gitlab nor github is named, so no pipeline could use the identities")
        return self
