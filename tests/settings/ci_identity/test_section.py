"""Every rule of the pipelines' identities has a file that breaks it."""

import pytest

from tests.support import faults_of


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"audience": None}, "audience", "missing"),
        ({"audience": "sts.amazonaws.com"}, "audience", "of its own"),
        ({"audience": "https://packyard.example.com/staging"}, "audience", "production alone"),
        ({"audience": "https://gitlab.example.com/production"}, "audience", "jobs of others"),
        ({"gitlab.issuer": "http://gitlab.example.com"}, "gitlab.issuer", "https://"),
        ({"gitlab.issuer": "https://gitlab.example.com/"}, "gitlab.issuer", "final slash"),
        ({"gitlab.projectPath": "example-group/*"}, "gitlab.projectPath", "wildcard"),
        ({"gitlab.projectPath": "example-group"}, "gitlab.projectPath", "one project"),
        ({"gitlab.projectId": "packyard"}, "gitlab.projectId", "numeric"),
        ({"gitlab.branch": "release-*"}, "gitlab.branch", "wildcard"),
        ({"gitlab.deployEnvironment": "*"}, "gitlab.deployEnvironment", "wildcard"),
        ({"gitlab.deployEnvironment": "staging"}, "gitlab.deployEnvironment", "another stack"),
        ({"gitlab.previewEnvironment": "staging-preview"}, "gitlab.previewEnvironment", "another stack"),
        ({"gitlab.previewEnvironment": "productions"}, "gitlab.previewEnvironment", "another stack"),
        ({"gitlab.previewEnvironment": "production"}, "gitlab.previewEnvironment", "merge requests"),
        ({"github.repository": "example-org/*"}, "github.repository", "wildcard"),
        ({"github.ownerId": None}, "github.ownerId", "missing"),
        ({"github.ownerId": "example-org"}, "github.ownerId", "numeric"),
        ({"github.branch": "refs/heads/*"}, "github.branch", "wildcard"),
        ({"github.deployEnvironment": "staging"}, "github.deployEnvironment", "another stack"),
        ({"github.previewEnvironment": "production"}, "github.previewEnvironment", "merge requests"),
        ({"github.deployWorkflow": "deploy.yml"}, "github.deployWorkflow", ".github/workflows"),
        ({"state.bucket": "gs://example"}, "state.bucket", "without gs://"),
        (
            {
                "state.kmsKey": "projects/example-testground-prd/locations/us-east1/keyRings/pulumi/cryptoKeys/staging",
            },
            "state.kmsKey",
            "example-testground-prd",
        ),
        ({"gitlab": None, "github": None}, "", "neither gitlab nor github"),
    ],
)
def test_an_identity_for_more_than_its_jobs_is_refused(changes: dict[str, object], place: str, words: str) -> None:
    (fault,) = faults_of("production", {f"ciIdentity.{key}": value for key, value in changes.items()})

    assert ".".join(map(str, fault.path)) == f"ciIdentity.{place}".rstrip(".")
    assert words in f"{fault.wrong} {fault.right}"


@pytest.mark.parametrize("left_out", ["gitlab", "github"])
def test_one_platform_is_enough(left_out: str) -> None:
    assert faults_of("production", {f"ciIdentity.{left_out}": None}) == ()
