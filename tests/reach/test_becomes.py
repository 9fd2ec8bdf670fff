"""Becomes: who turns into whom, by one way each, with what allows it."""

from typing import Any

import pytest

from reach.answers import Job, Reach
from reach.model import Kind, Principal, Way
from tests.reach.building import ACCOUNT, Building, Statement, allow, deny

SERVICE = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
THING = f"arn:aws:iam::{ACCOUNT}:role/prize"
ON_PROJECT = "gcp:projects/iAMMember:IAMMember"
ON_ACCOUNT = "gcp:serviceaccount/iAMMember:IAMMember"


def _trusting(principal: object, action: str = "sts:AssumeRole", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Principal": principal, **more}


TO_EKS = {"StringEquals": {"iam:PassedToService": "eks.amazonaws.com"}}
ASKER = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/asker"}


@pytest.mark.parametrize(
    ("own", "trust"),
    [
        ((), (_trusting(ASKER),)),
        ((allow("sts:AssumeRole", THING),), (_trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),)),
        ((allow("iam:UpdateAssumeRolePolicy", THING),), (SERVICE,)),
        ((allow(["iam:PassRole", "ec2:RunInstances"]),), (SERVICE,)),
    ],
    ids=["trusted by name", "trusted by account", "writes the trust", "passes the role"],
)
def test_a_role_turns_into_another(own: tuple[Statement, ...], trust: tuple[Statement, ...]) -> None:
    building = Building()
    building.role("asker", *own, trust=())
    building.role("prize", allow(), trust=trust)
    reach = Reach(building.capture())

    (path,) = [path for end, path in reach.becomes(_named(reach, "asker")).items() if end.name == "prize"]

    assert len(path) == 1
    assert path[0].by.rpartition("::")[2] in ("asker-own", "prize")


@pytest.mark.parametrize(
    ("own", "trust"),
    [
        ((allow("sts:AssumeRole"),), (SERVICE,)),
        ((), (_trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),)),
        ((deny("sts:AssumeRole"),), (_trusting(ASKER),)),
        ((allow("iam:PassRole"),), (SERVICE,)),
        ((allow("ec2:RunInstances"),), (SERVICE,)),
        ((allow("ec2:RunInstances"), allow("iam:PassRole", Condition=TO_EKS)), (SERVICE,)),
    ],
    ids=["not trusted", "account alone", "denied", "runs nothing", "passes nothing", "passes to another service"],
)
def test_a_role_does_not_turn_into_another(own: tuple[Statement, ...], trust: tuple[Statement, ...]) -> None:
    building = Building()
    building.role("asker", *own)
    building.role("prize", allow(), trust=trust)
    reach = Reach(building.capture())

    assert [end.name for end in reach.becomes(_named(reach, "asker"))] == []


def test_circles_of_assumption_end() -> None:
    building = Building()
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        building.role(name, trust=(_trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:role/{other}"}),))
    reach = Reach(building.capture())

    assert {end.name: len(path) for end, path in reach.becomes(_named(reach, "a")).items()} == {"c": 1, "b": 2}


def test_circles_of_impersonation_end() -> None:
    """Two accounts each take tokens of the other: both turn into the other, nobody into himself."""
    building, asker, prize = _accounts()
    for name, member, account in (("there", asker, prize), ("back", f"serviceAccount:{prize}", asker)):
        building.add(
            ON_ACCOUNT,
            name,
            serviceAccountId=f"projects/project/serviceAccounts/{account.removeprefix('serviceAccount:')}",
            member=member,
            role="roles/iam.workloadIdentityUser",
        )
    reach = Reach(building.capture())

    for one, other in (("asker", "prize"), ("prize", "asker")):
        found = {end.name: len(path) for end, path in reach.becomes(_named(reach, one)).items()}
        assert found == {other: 1}


def test_whoever_writes_the_policies_of_a_role_that_he_becomes_has_what_its_boundary_leaves() -> None:
    building = Building()
    bound = building.policy("bound", allow("s3:*"))
    building.role("asker", allow("iam:PutRolePolicy", THING))
    building.role("prize", trust=(_trusting(ASKER),), boundary=bound)
    building.bucket("store")
    building.add(
        "aws:secretsmanager/secret:Secret", "key", outputs={"arn": f"arn:aws:secretsmanager:x:{ACCOUNT}:secret:k"}
    )
    reach = Reach(building.capture())

    assert "asker" in _who(reach, "s3:GetObject", "objects of bucket store")
    assert "asker" not in _who(reach, "secretsmanager:GetSecretValue", "secret key")


def test_whoever_writes_the_policies_of_a_role_that_he_never_becomes_gains_nothing() -> None:
    building = Building()
    building.role("asker", allow("iam:PutRolePolicy", THING))
    building.role("prize")
    building.bucket("store")

    assert "asker" not in _who(Reach(building.capture()), "s3:GetObject", "objects of bucket store")


def test_whoever_attaches_reviewed_policies_alone_gains_nothing() -> None:
    building = Building()
    reviewed = {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"}}
    building.role("asker", allow("iam:AttachRolePolicy", Condition=reviewed))
    building.bucket("store")

    assert "asker" not in _who(Reach(building.capture()), "s3:GetObject", "objects of bucket store")


def test_whoever_writes_the_policy_of_a_bucket_reads_what_it_denies_him() -> None:
    building = Building()
    building.role("asker", allow("s3:PutBucketPolicy", "arn:aws:s3:::store"))
    building.bucket("store", {**deny("s3:GetObject", "*"), "Principal": "*"})
    reach = Reach(building.capture())
    (way,) = [way for way in _ways(reach, "s3:GetObject", "objects of bucket store") if way.principal.name == "asker"]

    assert [step.by.rpartition("::")[2] for step in way.path] == ["asker-own", "store"]


@pytest.mark.parametrize(
    "role",
    ["roles/iam.workloadIdentityUser", "roles/iam.serviceAccountAdmin"],
    ids=["takes tokens", "grants itself"],
)
def test_a_service_account_turns_into_another(role: str) -> None:
    building, asker, prize = _accounts()
    building.add(
        ON_ACCOUNT, "grant", serviceAccountId=f"projects/project/serviceAccounts/{prize}", member=asker, role=role
    )
    reach = Reach(building.capture())

    assert "prize" in [end.name for end in reach.becomes(_named(reach, "asker"))]


@pytest.mark.parametrize(
    ("permissions", "turns"),
    [
        (("iam.serviceAccounts.signBlob",), True),
        (("iam.serviceAccounts.signJwt",), True),
        (("iam.serviceAccountKeys.create",), True),
        (("iam.serviceAccounts.actAs", "compute.instances.create"), True),
        (("iam.serviceAccounts.actAs",), False),
        (("compute.instances.create",), False),
        (("iam.serviceAccounts.get",), False),
        (("resourcemanager.projects.setIamPolicy",), True),
        (("iam.roles.update",), True),
    ],
    ids=lambda value: str(value),
)
def test_a_custom_role_turns_a_service_account_into_another(permissions: tuple[str, ...], *, turns: bool) -> None:
    building, asker, _ = _accounts()
    building.add("gcp:projects/iAMCustomRole:IAMCustomRole", "role", roleId="role", permissions=permissions)
    building.add(ON_PROJECT, "grant", project="project", member=asker, role="projects/project/roles/role")
    reach = Reach(building.capture())

    assert ("prize" in [end.name for end in reach.becomes(_named(reach, "asker"))]) is turns


def test_an_account_of_google_turns_into_a_role_that_names_its_number() -> None:
    building, _, _ = _accounts()
    equal = {"StringEquals": {"accounts.google.com:sub": "7", "accounts.google.com:oaud": "audience"}}
    google = _trusting({"Federated": "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity", Condition=equal)
    building.role("offsite", trust=(google,))
    reach = Reach(building.capture())

    ((role, path),) = reach.becomes(_named(reach, "asker")).items()
    # The account asks Google for a token with whatever audience it likes.
    assert (role.name, path[0].perhaps) == ("offsite", "")
    assert [end.name for end in reach.becomes(_named(reach, "prize"))] == []
    assert "asker" in [way.principal.name for way in reach.who_becomes(_named(reach, "offsite"))]


def test_a_trust_that_names_no_account_of_google_is_for_everyone() -> None:
    building, _, _ = _accounts()
    building.role("offsite", trust=(_trusting({"Federated": "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity"),))
    reach = Reach(building.capture())

    assert "everyone" in [way.principal.name for way in reach.who_becomes(_named(reach, "offsite"))]


CLAIMS = {"project_path": "group/packyard", "environment": "production", "ref": "main"}


@pytest.mark.parametrize(
    ("changed", "taken"),
    [
        ({}, ["deploy", "jobs/attribute.origin/production"]),
        ({"ref": "topic"}, ["deploy"]),
        ({"environment": "staging"}, ["deploy"]),
        ({"sub": "other"}, ["jobs/attribute.origin/production"]),
        ({"project_path": "group/other", "sub": "other"}, []),
    ],
    ids=["of main", "of a branch", "of another environment", "with another subject", "of another project"],
)
def test_a_job_is_taken_for_whom_its_claims_say(changed: dict[str, str], taken: list[str]) -> None:
    building = _federated()
    claims = {**CLAIMS, "sub": "group/packyard:production", **changed}

    found = Reach(building.capture()).of_job(Job("gitlab.example.com", claims))

    assert sorted(principal.name for principal in found) == taken


def test_a_machine_of_aws_is_taken_for_a_member_of_a_pool() -> None:
    building = Building()
    for name in ("pg-b", "other"):
        building.role(name)
    building.add(
        "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
        "aws",
        workloadIdentityPoolId="pool",
        aws={"accountId": ACCOUNT},
        attributeMapping={"attribute.aws_role": 'assertion.arn.extract("assumed-role/{role}/")'},
    )
    pool = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool"
    grant = {"bucket": "repo", "role": "roles/storage.objectUser", "member": f"{pool}/attribute.aws_role/pg-b"}
    building.add("gcp:storage/bucketIAMMember:BucketIAMMember", "grant", **grant)
    reach = Reach(building.capture())

    assert _who(reach, "storage.objects.get", "objects of bucket repo")[:2] == ["pool/attribute.aws_role/pg-b", "pg-b"]
    assert "other" not in _who(reach, "storage.objects.get", "objects of bucket repo")


def _federated() -> Building:
    building = Building()
    equal = {"StringEquals": {"gitlab.example.com:sub": "group/packyard:production"}}
    federated = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.example.com"}
    building.role("deploy", trust=(_trusting(federated, "sts:AssumeRoleWithWebIdentity", Condition=equal),))
    building.add(
        "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
        "gitlab",
        workloadIdentityPoolId="jobs",
        oidc={"issuerUri": "https://gitlab.example.com"},
        attributeMapping={"attribute.origin": "assertion.environment"},
        attributeCondition='assertion.project_path == "group/packyard" && assertion.ref == "main"',
    )
    pool = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/jobs"
    grant = {"bucket": "state", "role": "roles/storage.objectUser", "member": f"{pool}/attribute.origin/production"}
    building.add("gcp:storage/bucketIAMMember:BucketIAMMember", "grant", **grant)
    return building


def _accounts() -> tuple[Building, str, str]:
    """Two accounts of one project, with the member of the first and the address of the second."""
    building = Building()
    for name, unique in (("asker", "7"), ("prize", "8")):
        outputs = {"email": f"{name}@project.iam.gserviceaccount.com", "uniqueId": unique}
        building.add("gcp:serviceaccount/account:Account", name, outputs=outputs, accountId=name)
    return building, "serviceAccount:asker@project.iam.gserviceaccount.com", "prize@project.iam.gserviceaccount.com"


def _named(reach: Reach, name: str) -> Principal:
    (found,) = [entry for entry in reach.principals if entry.name == name and entry.kind is not Kind.MACHINE]
    return found


def _ways(reach: Reach, action: str, words: str) -> tuple[Way, ...]:
    return reach.who_may([action], [target for target in reach.targets if target.words == words])


def _who(reach: Reach, action: str, words: str) -> list[str]:
    return [way.principal.name for way in _ways(reach, action, words)]
