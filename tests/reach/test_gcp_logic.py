"""May on GCP: where a grant counts, and for whom. Every answer was written by hand from the page beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from capture import Unknown
from reach.gcp.conditions import GRANTED_ROLES
from reach.gcp.decide import Decisions
from reach.gcp.index import POOL_PROVIDER, Index
from reach.model import Kind, Principal, Target
from tests.reach.building import Building
from tests.support import STACKS, estate

INHERITANCE = 'Google Cloud, IAM documentation, "Using resource hierarchy for access control", 2026-11-28'
PRINCIPALS = 'Google Cloud, IAM documentation, "Principal identifiers", 2026-11-28'
ROLES = 'Google Cloud, IAM documentation, "IAM basic and predefined roles reference", 2026-11-28'
CUSTOM = 'Google Cloud, IAM documentation, "Create and manage custom roles", 2026-11-28'
CONDITIONS = 'Google Cloud, IAM documentation, "Overview of IAM Conditions", 2026-11-28'
POOLS = 'Google Cloud, IAM documentation, "Workload Identity Federation", 2026-11-28'

MEMBER = "serviceAccount:asker@project.iam.gserviceaccount.com"
POOL = "iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/jobs"
OBJECT = Target(
    "it",
    "gcp",
    "projects/_/buckets/store/objects/a/b",
    type="storage.googleapis.com/Object",
    scopes=("bucket:store", "project:project"),
)
ON_PROJECT = "gcp:projects/iAMMember:IAMMember"
ON_BUCKET = "gcp:storage/bucketIAMMember:BucketIAMMember"
YES, NO = True, False


@dataclass(frozen=True)
class Case:
    """One grant, or none, and whether the asker reads an object of the bucket "store"."""

    name: str
    page: str
    allowed: bool
    on: str = ON_BUCKET
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    permission: str = "storage.objects.get"
    member: str = MEMBER


def grant(role: str = "roles/storage.objectViewer", member: str = MEMBER, **more: Any) -> dict[str, Any]:
    """The inputs of a grant on the bucket."""
    return {"role": role, "member": member, "bucket": "store", **more}


def condition(expression: str) -> dict[str, str]:
    """A condition as it is registered."""
    return {"title": "when", "expression": expression}


CASES = (
    Case("a grant on the bucket counts for its objects", INHERITANCE, YES, given=grant()),
    Case("a grant on the project counts for all in it", INHERITANCE, YES, ON_PROJECT, grant(project="project")),
    Case("a grant on another project does not", INHERITANCE, NO, ON_PROJECT, grant(project="other")),
    Case("a grant on another bucket does not", INHERITANCE, NO, given={**grant(), "bucket": "other"}),
    Case(
        "a grant on an organization counts for all below it",
        INHERITANCE,
        YES,
        "gcp:organizations/iAMMember:IAMMember",
        grant(orgId="1"),
    ),
    Case("a grant to another is none", PRINCIPALS, NO, given=grant(member="serviceAccount:asker@other.example")),
    Case("all users are everyone", PRINCIPALS, YES, given=grant(member="allUsers")),
    Case(
        "whoever has signed in is everyone with an account",
        PRINCIPALS,
        YES,
        given=grant(member="allAuthenticatedUsers"),
    ),
    Case(
        "one of several members",
        PRINCIPALS,
        YES,
        "gcp:storage/bucketIAMBinding:BucketIAMBinding",
        {"role": "roles/storage.objectViewer", "members": ("user:a@example.com", MEMBER), "bucket": "store"},
    ),
    Case(
        "a whole policy",
        PRINCIPALS,
        YES,
        "gcp:storage/bucketIAMPolicy:BucketIAMPolicy",
        {
            "policyData": f'{{"bindings": [{{"role": "roles/storage.objectViewer", "members": ["{MEMBER}"]}}]}}',
            "bucket": "store",
        },
    ),
    Case("a viewer of objects writes none", ROLES, NO, given=grant(), permission="storage.objects.create"),
    Case("a creator of objects reads none", ROLES, NO, given=grant("roles/storage.objectCreator")),
    Case(
        "a user of objects deletes them",
        ROLES,
        YES,
        given=grant("roles/storage.objectUser"),
        permission="storage.objects.delete",
    ),
    Case(
        "a user of objects does not change the bucket",
        ROLES,
        NO,
        given=grant("roles/storage.objectUser"),
        permission="storage.buckets.update",
    ),
    Case("an owner may everything", ROLES, YES, ON_PROJECT, grant("roles/owner", project="project")),
    Case("a custom role has what it lists", CUSTOM, YES, given=grant("projects/project/roles/reader")),
    Case(
        "a custom role has no more",
        CUSTOM,
        NO,
        given=grant("projects/project/roles/reader"),
        permission="storage.objects.list",
    ),
    Case("a condition that holds", CONDITIONS, YES, given=grant(condition=condition('resource.name.endsWith("b")'))),
    Case("a condition that does not", CONDITIONS, NO, given=grant(condition=condition('resource.name.endsWith("c")'))),
    Case("a condition in a list of one", CONDITIONS, NO, given=grant(condition=(condition("false"),))),
    Case(
        "the whole of a pool",
        POOLS,
        YES,
        given=grant(member=f"principalSet://{POOL}/*"),
        member=f"principalSet://{POOL}/attribute.origin/main",
    ),
    Case(
        "another attribute of a pool",
        POOLS,
        NO,
        given=grant(member=f"principalSet://{POOL}/attribute.origin/main"),
        member=f"principalSet://{POOL}/attribute.origin/topic",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_gcp_decides_as_its_page_says(case: Case) -> None:
    building = _building()
    urn = building.add(case.on, "grant", **case.given)
    kind = Kind.FEDERATED if case.member.startswith("principal") else Kind.SERVICE_ACCOUNT

    answer = Decisions(Index(building.capture())).may(Principal(kind, "asker", case.member), case.permission, OBJECT)

    assert answer.allowed is case.allowed, case.page
    assert [step.by for step in answer.grants] == [urn] * case.allowed


def test_a_grant_with_a_condition_in_doubt_allows_perhaps_and_a_second_one_takes_the_doubt() -> None:
    building = _building()
    doubtful = condition('request.time < timestamp("2027-01-01T00:00:00Z")')
    building.add(ON_BUCKET, "grant", **grant(condition=doubtful))
    asker = Principal(Kind.SERVICE_ACCOUNT, "asker", MEMBER)

    assert "request.time" in Decisions(Index(building.capture())).may(asker, "storage.objects.get", OBJECT).doubt

    building.add(ON_BUCKET, "sure", **grant())

    assert Decisions(Index(building.capture())).may(asker, "storage.objects.get", OBJECT).doubt == ""


def test_whoever_grants_roles_within_a_limit_grants_no_other() -> None:
    building = _building()
    limit = condition(f"api.getAttribute('{GRANTED_ROLES}', []).hasOnly(['roles/logging.logWriter'])")
    given = grant("roles/resourcemanager.projectIamAdmin", project="project", condition=limit)
    building.add(ON_PROJECT, "granter", **given)
    decisions = Decisions(Index(building.capture()))
    asker = Principal(Kind.SERVICE_ACCOUNT, "asker", MEMBER)
    project = Target("project", "gcp", "project", scopes=("project:project",))
    permission = "resourcemanager.projects.setIamPolicy"

    assert decisions.may(asker, permission, project, {GRANTED_ROLES: ("roles/logging.logWriter",)})
    assert not decisions.may(asker, permission, project, {GRANTED_ROLES: ("roles/owner",)})


@pytest.mark.parametrize(
    ("type_token", "given", "said"),
    [
        (ON_BUCKET, grant("roles/storage.objektViewer"), "of which nothing is known"),
        (ON_BUCKET, grant("projects/project/roles/absent"), "which the program does not make"),
        (ON_BUCKET, grant(member="asker@example.com"), "which is no principal"),
        (ON_BUCKET, grant(member="serviceAccount:gone@project.iam.gserviceaccount.com"), "does not make"),
        (ON_BUCKET, grant(condition=condition('resource.name == "')), "cannot be read"),
        (ON_BUCKET, {**grant(), "member": Unknown()}, "known only after an update"),
        (ON_BUCKET, {**grant(), "bucket": Unknown()}, "known only after an update"),
        ("gcp:storage/bucketIAMPolicy:BucketIAMPolicy", {"bucket": "store", "policyData": "[]"}, "is no policy"),
        ("gcp:pubsub/topicIAMMember:TopicIAMMember", grant(), "on a kind that is not read"),
        ("gcp:iam/denyPolicy:DenyPolicy", {}, "that are not read"),
        (POOL_PROVIDER, {"attributeCondition": "assertion.ref =="}, "attributeCondition"),
        (POOL_PROVIDER, {"attributeMapping": {"google.subject": "assertion."}}, "attributeMapping.google.subject"),
        (
            "gcp:projects/iAMCustomRole:IAMCustomRole",
            {"roleId": "misspelt", "permissions": ("storage.objects.gett",)},
            "storage.objects.gett",
        ),
    ],
)
def test_what_cannot_be_read_is_a_fault_with_its_place(type_token: str, given: dict[str, Any], said: str) -> None:
    building = _building()
    urn = building.add(type_token, "grant", **given)

    (fault,) = Index(building.capture()).faults

    assert fault.urn == urn
    assert said in str(fault)
    assert "HINT: " in fault.message


@pytest.mark.parametrize("stack", STACKS)
def test_every_grant_of_the_program_can_be_read(stack: str) -> None:
    assert [str(fault) for fault in Index(estate(stack)).faults] == []


def _building() -> Building:
    building = Building()
    email = MEMBER.partition(":")[2]
    building.add("gcp:serviceaccount/account:Account", "asker", outputs={"email": email}, accountId="asker")
    listed = ("storage.objects.get",)
    building.add("gcp:projects/iAMCustomRole:IAMCustomRole", "reader", roleId="reader", permissions=listed)
    return building
