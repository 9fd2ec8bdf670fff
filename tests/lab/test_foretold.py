"""What reach foretells is what the stand-ins answer, before a change of the graph and after it, whoever asks for what.

Everybody of a capture asks for everything of both clouds, over the federation between them as well. Nothing is booted.
"""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

import pytest

from capture import Capture
from reach.answers import Reach
from reach.model import Answer
from reach.values import answer
from tests.lab.foretelling import Ask, World
from tests.reach.building import Statement, allow, deny, editing, granting
from tests.reach.grants import Change, allowed, both, granted, keeping_tls_alone, without_denials
from tests.registrations import one, statements
from tests.support import STACKS, estate

VAULT, FLEET = "backup-vault", "runner-manager-aws-blue-fleet"
POOL_PROVIDER = "WorkloadIdentityPoolProvider::database-pair-pg-b"
OFFSITE, ELSEWHERE = "aws:iam/role:Role::database-pair-pg-a", {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
ANOTHER_ROLE = 'assertion.arn.startsWith("arn:aws:sts::000000000000:assumed-role/another/")'
SIGNING_KEY = "SecretIamMember::package-server-package-signing-key-machine"


@pytest.fixture(autouse=True)
def few_words() -> Iterator[None]:
    """Thousands of refusals are told otherwise."""
    logger = logging.getLogger("lab")
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(logging.NOTSET)


def unchanged(capture: Capture) -> Capture:
    return capture


def with_trust(role: str, change: Callable[[list[dict[str, Any]]], object]) -> Change:
    """Another trust for a role, made of the one that it has."""

    def changed(capture: Capture) -> Capture:
        trust = statements(one(capture, "aws:iam/role:Role", role).inputs["assumeRolePolicy"])
        change(trust)
        return editing(capture, f"aws:iam/role:Role::{role}", assumeRolePolicy=json.dumps({"Statement": trust}))

    return changed


def also_trusting(account: str) -> Change:
    """One more service account in the trust of the role that pg-a takes on AWS."""

    def changed(capture: Capture) -> Capture:
        number = answer(capture, one(capture, "gcp:serviceaccount/account:Account", account), "uniqueId")

        def widen(trust: list[dict[str, Any]]) -> None:
            equals = trust[0]["Condition"]["StringEquals"]
            for key in ("accounts.google.com:sub", "accounts.google.com:aud"):
                equals[key] = [equals[key], number]

        return with_trust("database-pair-pg-a", widen)(capture)

    return changed


def denied_by_trust(capture: Capture) -> Capture:
    """The same role takes nobody any more, whatever its trust allows."""
    denial: dict[str, Any] = {
        "Effect": "Deny",
        "Action": "sts:*",
        "Principal": {"Federated": "accounts.google.com"},
    }
    return with_trust("database-pair-pg-a", lambda trust: trust.append(denial))(capture)


def with_condition(urn_end: str, expression: str | None) -> Change:
    """Another condition for a grant, or none."""
    condition = None if expression is None else {"title": "changed", "expression": expression}
    return lambda capture: editing(capture, urn_end, condition=condition)


def for_the_pool(capture: Capture) -> Capture:
    """The grant on the repository is for everybody of the pool."""
    grant = "BucketIAMMember::database-pair-pg-b-repo2"
    member = str(one(capture, "BucketIAMMember", "database-pair-pg-b-repo2").inputs["member"])
    return editing(capture, grant, member=f"{member.partition('/attribute.')[0]}/*")


def for_the_account(capture: Capture) -> Capture:
    """The provider takes every role of the account."""
    return editing(capture, POOL_PROVIDER, attributeCondition='assertion.arn.startsWith("arn:aws:sts::")')


def without_bucket_policy(capture: Capture) -> Capture:
    return editing(capture, f"BucketPolicy::{VAULT}", policy=json.dumps({"Statement": []}))


def guarded_by(*more: Statement) -> Change:
    """More statements in the policy of the vault."""
    return lambda capture: granting(capture, f"BucketPolicy::{VAULT}", *more)


def repository_under(condition: Statement) -> Change:
    """One more condition on all that pg-b may do."""

    def changed(capture: Capture) -> Capture:
        own = statements(one(capture, "aws:iam/rolePolicy:RolePolicy", "database-pair-pg-b").inputs["policy"])
        for statement in own:
            statement["Condition"] = {**statement.get("Condition", {}), **condition}
        return editing(capture, "RolePolicy::database-pair-pg-b", policy=json.dumps({"Statement": own}))

    return changed


DELETES_VERSIONS = both(
    allowed(FLEET, "s3:DeleteObjectVersion", "arn:aws:s3:::example-pkg-staging-backup-vault/*"),
    lambda capture: granting(capture, "aws:iam/policy:Policy::role-boundary", allow("s3:DeleteObjectVersion")),
    without_denials,
)


@dataclass(frozen=True)
class Case:
    """A change of the graph, and who then gets what, or no longer does: ends of what `Ask` shows."""

    name: str
    change: Change
    gains: str = ""
    loses: str = ""
    before: Change = unchanged
    encrypted: bool = True

    @property
    def is_felt(self) -> bool:
        """Whether anybody notices."""
        return bool(self.gains or self.loses)


CASES = (
    Case(
        "a role reads a passphrase of others",
        allowed(FLEET, "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:*"),
        gains="role/example-pkg-staging-runner-manager-aws-blue secretsmanager:GetSecretValue "
        "arn:aws:secretsmanager:us-east-1:000000000000:secret:example-pkg-staging-database-pair-cipher-repo1-",
    ),
    Case(
        "a role writes parameters of others",
        allowed("database-pair-pg-b", "ssm:PutParameter", "arn:aws:ssm:*:*:parameter/*"),
        gains="role/example-pkg-staging-pg-b ssm:PutParameter arn:aws:ssm:us-east-1:000000000000:parameter"
        "/example-pkg/staging/database-pair/pg-a/wireguard-public-key",
    ),
    Case(
        "a grant that the boundary does not leave",
        allowed(FLEET, "s3:DeleteObjectVersion", "arn:aws:s3:::example-pkg-staging-backup-vault/*"),
    ),
    Case("a grant that the bucket denies", DELETES_VERSIONS),
    Case(
        "a bucket loses its denials",
        keeping_tls_alone,
        before=DELETES_VERSIONS,
        gains="role/example-pkg-staging-runner-manager-aws-blue s3:DeleteObjectVersion "
        "arn:aws:s3:::example-pkg-staging-backup-vault/pgbackrest/backup/backup.info",
    ),
    Case(
        "a bucket takes requests without TLS",
        without_bucket_policy,
        gains="role/example-pkg-staging-pg-b s3:GetObject "
        "arn:aws:s3:::example-pkg-staging-backup-vault/pgbackrest/backup/backup.info",
        encrypted=False,
    ),
    Case(
        "a denial that nobody can judge",
        guarded_by(deny("s3:GetObject", "*", Principal="*", Condition=ELSEWHERE)),
        loses="role/example-pkg-staging-pg-b s3:GetObject "
        "arn:aws:s3:::example-pkg-staging-backup-vault/pgbackrest/backup/backup.info",
    ),
    Case(
        "a grant under a condition that nobody can judge",
        repository_under(ELSEWHERE),
        loses="role/example-pkg-staging-pg-b s3:PutObject "
        "arn:aws:s3:::example-pkg-staging-backup-vault/pgbackrest/backup/backup.info",
    ),
    Case(
        "a role trusts one more service account",
        also_trusting("dev-instance"),
        gains="staging-dev-instance-34af8e@example-testground-stg.iam.gserviceaccount.com assumes "
        "arn:aws:iam::000000000000:role/example-pkg-staging-pg-a-offsite example-pkg-staging-database-pair",
    ),
    Case(
        "a role trusts another service account, and a denial in its trust stands above that",
        both(also_trusting("dev-instance"), denied_by_trust),
        loses="example-pkg-staging-pg-a@example-testground-stg.iam.gserviceaccount.com assumes "
        "arn:aws:iam::000000000000:role/example-pkg-staging-pg-a-offsite example-pkg-staging-database-pair",
    ),
    Case(
        "a trust that is about another action",
        with_trust("database-pair-pg-a", lambda trust: trust[0].update(Action=["sts:AssumeRole"])),
        loses="example-pkg-staging-pg-a@example-testground-stg.iam.gserviceaccount.com assumes "
        "arn:aws:iam::000000000000:role/example-pkg-staging-pg-a-offsite example-pkg-staging-database-pair",
    ),
    Case(
        "an account reads the key that signs packages",
        granted(SIGNING_KEY, "runner-manager-gcp-blue"),
        gains="staging-runner-manager-33f36f@example-build-runners-stg.iam.gserviceaccount.com "
        "secretmanager.versions.access "
        "projects/example-testground-stg/secrets/example-pkg-staging-package-server-package-signing-key",
    ),
    Case(
        "an account writes metrics of another project",
        granted("IAMMember::pg-a-metrics", "runner-manager-gcp-blue"),
        gains="staging-runner-manager-33f36f@example-build-runners-stg.iam.gserviceaccount.com "
        "monitoring.timeSeries.create projects/example-testground-stg",
    ),
    Case(
        "a grant loses its condition",
        with_condition("BucketIAMMember::dev-instance-document", None),
        gains="staging-dev-instance-34af8e@example-testground-stg.iam.gserviceaccount.com storage.objects.get "
        "projects/_/buckets/example-pkg-staging-machine-store/objects/machines/pg-a/document.json",
    ),
    Case(
        "a grant gets a condition that nobody can judge",
        with_condition("BucketIAMMember::dev-instance-lfs-objects", 'request.time < timestamp("2027-01-01T00:00:00Z")'),
        loses="staging-dev-instance-34af8e@example-testground-stg.iam.gserviceaccount.com storage.objects.get "
        "projects/_/buckets/example-pkg-staging-dev-instance-lfs/objects/bundles/a.tar",
    ),
    Case(
        "a list is for another prefix",
        with_condition(
            "BucketIAMMember::database-pair-pg-a-repo2",
            'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("dev-instance/")',
        ),
        gains="example-pkg-staging-pg-a@example-testground-stg.iam.gserviceaccount.com storage.objects.list "
        "projects/_/buckets/example-pkg-staging-backup-vault dev-instance/data/00",
        loses="example-pkg-staging-pg-a@example-testground-stg.iam.gserviceaccount.com storage.objects.create "
        "projects/_/buckets/example-pkg-staging-backup-vault/objects/pgbackrest/backup/backup.info",
    ),
    Case(
        "an account keeps reading alone",
        lambda capture: editing(
            capture, "BucketIAMMember::package-server-release-writer", role="roles/storage.objectViewer"
        ),
        loses="staging-package-server-32245e@example-testground-stg.iam.gserviceaccount.com storage.objects.delete "
        "projects/_/buckets/example-pkg-staging-package-server-release/objects/bundles/a.tar",
    ),
    Case("a pool takes other roles, and grants name one", for_the_account),
    Case("a grant is for all of a pool, and its provider takes one role", for_the_pool),
    Case(
        "a pool takes other roles, and a grant is for all of them",
        both(for_the_account, for_the_pool),
        gains="role/example-pkg-staging-runner-manager-aws-blue federates "
        "projects/29924421071/locations/global/workloadIdentityPools/example-pkg-staging-pg-b/providers/aws-account",
    ),
    Case(
        "a pool takes another role than the one that a grant names",
        lambda capture: editing(
            capture,
            POOL_PROVIDER,
            attributeCondition=ANOTHER_ROLE,
        ),
        loses="role/example-pkg-staging-pg-b federates "
        "projects/29924421071/locations/global/workloadIdentityPools/example-pkg-staging-pg-b/providers/aws-account",
    ),
)


def differences(world: World, other: World) -> list[Ask]:
    """What the stand-ins of one world answer otherwise than reach foretells of another."""
    return [ask for ask, passes in other.foretold.items() if world.answered.get(ask) is not passes]


def turned(before: World, after: World) -> list[str]:
    """What roles and accounts get after and did not get before. Identities of pools come and go with grants."""
    return [
        str(ask)
        for ask, passes in after.answered.items()
        if passes and not before.answered.get(ask) and not ask.who.startswith("principal")
    ]


@cache
def world_of(stack: str, change: Change, *, encrypted: bool = True) -> World:
    return World(change(estate(stack)), encrypted)


@cache
def worlds(case: Case) -> tuple[World, World]:
    """Before and after."""
    before = world_of("staging", case.before, encrypted=case.encrypted)
    return before, World(case.change(before.capture), case.encrypted)


@pytest.mark.parametrize("stack", STACKS)
def test_everybody_gets_from_the_stand_ins_what_reach_foretells(stack: str) -> None:
    world = world_of(stack, unchanged)

    assert differences(world, world) == []
    for action in {ask.action for ask in world.answered}:
        assert {passes for ask, passes in world.answered.items() if ask.action == action} == {True, False}, action


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_change_is_felt_at_the_stand_ins_as_reach_foretells(case: Case) -> None:
    before, after = worlds(case)

    assert differences(before, before) == []
    assert differences(after, after) == []
    for wanted, found in ((case.gains, turned(before, after)), (case.loses, turned(after, before))):
        assert any(wanted in ask for ask in found) if wanted else found == []


@pytest.mark.parametrize("case", [case for case in CASES if case.is_felt], ids=lambda case: case.name)
def test_stand_ins_that_answer_by_another_graph_are_found(case: Case) -> None:
    before, after = worlds(case)

    assert differences(before, after)


def test_stand_ins_that_take_a_doubt_for_a_yes_are_found() -> None:
    _, after = worlds(next(case for case in CASES if case.name == "a denial that nobody can judge"))
    decide = Reach.decide

    def credulous(reach: Reach, request: Any) -> Answer:
        found = decide(reach, request)
        return Answer(found.allowed, found.grants, found.denials)

    with patch.object(Reach, "decide", credulous):
        assert differences(World(after.capture), after)


def test_what_nobody_can_judge_is_told_with_its_condition() -> None:
    told: dict[str, list[str]] = {}
    for case in CASES:
        if "nobody can judge" in case.name:
            _, after = worlds(case)
            assert after.answered
            told[case.name] = [line for line in after.services.rights.refused if "nobody can say it here" in line]

    assert len(told) == 3
    for name, lines in told.items():
        condition = "request.time" if "gets a condition" in name else "aws:sourceip NotIpAddress 203.0.113.0/24"
        assert lines
        assert all(condition in line for line in lines)
