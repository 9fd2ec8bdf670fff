"""Dangerous changes of the real graph, each found with its path: at the first step of a chain, and at the third."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import pytest

from capture import Capture
from reach.answers import Reach
from reach.model import Kind, Way
from tests.reach.building import allow, editing, granting
from tests.reach.grants import allowed, both, granted, keeping_tls_alone, trusted, without_denials
from tests.support import estate

READ_SECRET = ("secretmanager.versions.access", "secretsmanager:GetSecretValue")
WRITE_OBJECTS = ("storage.objects.create", "s3:PutObject")
SIGNING_KEY = "SecretIamMember::package-server-package-signing-key-machine"


@dataclass(frozen=True)
class Question:
    """Who gets somewhere."""

    words: str
    """A target, or "root on" a machine."""
    actions: tuple[str, ...] = ()

    def ways(self, reach: Reach) -> tuple[Way, ...]:
        """The answer of reach; administrators, who may nearly everything, are left out."""
        name = self.words.removeprefix("root on ")
        if name != self.words:
            found: Iterable[Way] = reach.roots(next(entry for entry in reach.machines if entry.principal.name == name))
        else:
            targets = [target for target in reach.targets if target.words == self.words]
            assert targets, f"{self.words} is not there"
            found = reach.who_may(self.actions, targets)
        return tuple(way for way in found if way.principal.kind is not Kind.ADMINISTRATOR)


@dataclass(frozen=True)
class Mutation:
    """A change, the question that finds it, who newly gets there and by how many steps."""

    name: str
    change: Callable[[Capture], Capture]
    question: Question
    who: str
    """The kind and name as answers say them; the beginning is enough."""
    steps: int


STORE_ON_AWS = "arn:aws:s3:::example-pkg-production-machine-store/*"

MUTATIONS = (
    Mutation(
        "a manager reads the key that signs packages",
        granted(SIGNING_KEY, "runner-manager-gcp-blue"),
        Question("secret package-server-package-signing-key", READ_SECRET),
        "service account runner-manager-gcp-blue",
        1,
    ),
    Mutation(
        "root on that manager reads it, too",
        granted(SIGNING_KEY, "runner-manager-gcp-blue"),
        Question("secret package-server-package-signing-key", READ_SECRET),
        "root on runner-manager-gcp-blue",
        2,
    ),
    Mutation(
        "preview administers accounts: it grants itself the package server's, and reads its key",
        granted(
            "IAMMember::ci-identity-testground-deploy-iam.serviceAccountAdmin",
            "ci-identity-preview",
        ),
        Question("secret package-server-package-signing-key", READ_SECRET),
        "service account ci-identity-preview",
        3,
    ),
    Mutation(
        "jobs that preview administer accounts",
        granted("IAMMember::ci-identity-testground-deploy-iam.serviceAccountAdmin", "ci-identity-preview"),
        Question("secret package-server-package-signing-key", READ_SECRET),
        "jobs of gitlab.example.com",
        5,
    ),
    Mutation(
        "a manager writes the machine store on AWS",
        allowed("runner-manager-aws-blue-fleet", "s3:PutObject", STORE_ON_AWS),
        Question("root on pg-b"),
        "role runner-manager-aws-blue-machine",
        1,
    ),
    Mutation(
        "a manager writes the machine store on GCP",
        granted("BucketIAMMember::ci-identity-deploy-machine-store", "runner-manager-gcp-blue"),
        Question("root on package-server"),
        "service account runner-manager-gcp-blue",
        1,
    ),
    Mutation(
        "through the machine store a manager reads the key that signs packages",
        granted("BucketIAMMember::ci-identity-deploy-machine-store", "runner-manager-gcp-blue"),
        Question("secret package-server-package-signing-key", READ_SECRET),
        "service account runner-manager-gcp-blue",
        3,
    ),
    Mutation(
        "a manager sets tags on machines, and its boundary lets it",
        both(allowed("runner-manager-aws-blue-fleet", "ec2:CreateTags", "arn:aws:ec2:*:*:instance/*"), without_denials),
        Question("root on pg-b"),
        "role runner-manager-aws-blue-machine",
        1,
    ),
    Mutation(
        "a manager opens sessions on machines, and its boundary lets it",
        both(
            allowed("runner-manager-aws-publish-blue-fleet", "ssm:StartSession"),
            lambda capture: granting(capture, "aws:iam/policy:Policy::role-boundary", allow("ssm:*")),
        ),
        Question("root on runner-manager-aws-blue"),
        "role runner-manager-aws-publish-blue-machine",
        1,
    ),
    Mutation(
        "a manager of strangers' jobs logs in to workers that publish",
        allowed("runner-manager-aws-blue-fleet", "ec2-instance-connect:SendSSHPublicKey", "arn:aws:ec2:*:*:instance/*"),
        Question("root on shard-amd64-publish-blue"),
        "role runner-manager-aws-blue-machine",
        1,
    ),
    Mutation(
        "a manager on GCP writes the metadata of whatever is in the project of another tier",
        granted("IAMMember::ci-identity-protected-build-runners-deploy-compute.admin", "runner-manager-gcp-blue"),
        Question("root on shard-protected-gcp-amd64-protected-blue"),
        "service account runner-manager-gcp-blue",
        1,
    ),
    Mutation(
        "a role assumes another one that reads passphrases",
        trusted("pg-b-machine", by="runner-manager-aws-blue-machine"),
        Question("secret database-pair-cipher-repo1", READ_SECRET),
        "role runner-manager-aws-blue-machine",
        2,
    ),
    Mutation(
        "and by it the repository of the other cloud",
        trusted("pg-b-machine", by="runner-manager-aws-blue-machine"),
        Question("objects of bucket backup-vault-gcs", WRITE_OBJECTS),
        "role runner-manager-aws-blue-machine",
        3,
    ),
    Mutation(
        "an identity of pipelines rewrites the policies of roles",
        allowed("ci-identity-preview", ["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"]),
        Question("secret database-pair-cipher-repo1", READ_SECRET),
        "role ci-identity-preview",
        2,
    ),
    Mutation(
        "a manager writes roles of the project that it has one of",
        granted(
            "IAMMember::ci-identity-testground-deploy",
            "runner-manager-gcp-blue",
            role="roles/resourcemanager.projectIamAdmin",
        ),
        Question("secret package-server-package-signing-key", READ_SECRET),
        "service account runner-manager-gcp-blue",
        2,
    ),
    Mutation(
        "a role of a machine is widened to everything",
        allowed("pg-b-machine", "*"),
        Question("root on runner-manager-aws-publish-blue"),
        "role pg-b-machine",
        1,
    ),
)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_dangerous_change_is_found_with_its_path(mutation: Mutation) -> None:
    before = {way.principal for way in mutation.question.ways(_unchanged())}
    capture = mutation.change(estate("production"))

    newly = [way for way in mutation.question.ways(Reach(capture)) if way.principal not in before]

    found = [way for way in newly if str(way.principal).startswith(mutation.who)]
    assert found, [str(way.principal) for way in newly]
    assert len(found[0].path) == mutation.steps
    # A power stands for what the step before it has given.
    assert all(step.by in capture.by_urn for step in found[0].path if not step.words.startswith(Kind.POWER))


def test_the_boundary_keeps_a_manager_from_sessions_that_its_own_policy_allows() -> None:
    capture = allowed("runner-manager-aws-publish-blue-fleet", "ssm:StartSession")(estate("production"))
    question = Question("root on pg-b")

    assert "runner-manager-aws-publish-blue-machine" not in [
        way.principal.name for way in question.ways(Reach(capture))
    ]


def test_the_vault_that_loses_its_denials_is_open_to_administrators_who_delete_versions() -> None:
    capture = estate("production")
    delete = ("s3:DeleteObjectVersion", "s3:BypassGovernanceRetention")

    def administrators(changed: Capture) -> list[str]:
        reach = Reach(changed)
        targets = [target for target in reach.targets if target.words == "objects of bucket backup-vault"]
        on_aws = [target for target in targets if target.cloud == "aws"]
        direct = [way for way in reach.who_may(delete, on_aws) if len(way.path) == 1]
        return [way.principal.name for way in direct if way.principal.kind is Kind.ADMINISTRATOR]

    assert administrators(capture) == []
    assert administrators(keeping_tls_alone(capture)) == ["111111111111"]


def test_a_provider_that_takes_any_job_is_told_as_new_jobs() -> None:
    capture = estate("production")
    opened = editing(
        capture,
        "WorkloadIdentityPoolProvider::ci-identity-deploy-gitlab",
        attributeCondition='assertion.project_path == "example-group/packyard"',
    )

    def jobs(changed: Capture) -> set[str]:
        return {principal.name for principal in Reach(changed).principals if principal.kind is Kind.JOB}

    (new,) = jobs(opened) - jobs(capture)
    assert new == (
        "gitlab.example.com with attribute.origin gitlab/1000001/production, project_path example-group/packyard"
    )


def test_a_change_that_gives_nobody_anything_changes_no_answer() -> None:
    capture = estate("production")
    policy = next(
        entry for entry in capture.of_type("aws:iam/rolePolicy:RolePolicy") if entry.name == "database-pair-pg-b"
    )
    statements = json.loads(str(policy.inputs["policy"]))["Statement"]
    turned = editing(
        capture,
        "RolePolicy::database-pair-pg-b",
        policy=json.dumps({"Version": "2012-10-17", "Statement": list(reversed(statements))}),
    )

    first, second = Reach(capture), Reach(turned)
    for machine in first.machines:
        assert first.roots(machine) == second.roots(machine)


@cache
def _unchanged() -> Reach:
    return Reach(estate("production"))
