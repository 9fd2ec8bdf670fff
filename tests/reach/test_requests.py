"""Requests that were really made: everything about them is known, or the answer says what is not."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reach.answers import Reach
from reach.gcp.conditions import LIST_PREFIX
from reach.model import Answer, Kind, Principal, Request, Target
from tests.reach.building import ACCOUNT, Building, Statement, allow, deny

EVERYBODY: Statement = {"Principal": "*"}
OBJECT = "arn:aws:s3:::store/reports/may.csv"
EXPRESSION = 'resource.name.startsWith("projects/_/buckets/store/objects/own/")'


def _asked(
    *own: Statement,
    bucket: tuple[Statement, ...] = (),
    name: str = OBJECT,
    facts: Mapping[str, tuple[str, ...]] | None = None,
    lacks: tuple[str, ...] = (),
) -> Answer:
    building = Building()
    arn = building.role("asker", *own)
    building.bucket("store", *bucket)
    reach = Reach(building.capture())
    target = Target(name, "aws", name, account=ACCOUNT)
    return reach.decide(Request((reach.principal(arn),), "s3:GetObject", target, facts or {}, lacks))


def test_what_whoever_asks_would_choose_he_has_chosen() -> None:
    one_region = allow(Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}})

    assert _asked(one_region, facts={"aws:requestedregion": ("us-east-1",)}).is_sure
    assert not _asked(one_region, facts={"aws:requestedregion": ("eu-west-1",)}).allowed
    assert not _asked(one_region, facts={"aws:requestedregion": ()}).allowed
    assert not _asked(one_region, lacks=("aws:requested",)).allowed


@pytest.mark.parametrize("key", ["s3:TlsVersion", "aws:SourceIp", "aws:RequestTag/team"])
def test_a_key_of_which_nothing_is_known_leaves_a_doubt_that_names_it(key: str) -> None:
    granted = _asked(allow(Condition={"StringEquals": {key: "x"}}))
    denied = _asked(allow(), deny(Condition={"StringEquals": {key: "x"}}))
    guarded = _asked(allow(), bucket=({**deny(), **EVERYBODY, "Condition": {"StringEquals": {key: "x"}}},))

    for answer in (granted, denied, guarded):
        assert answer.allowed
        assert not answer.is_sure
        assert key.lower() in answer.doubt


def test_a_doubt_beside_a_sure_denial_is_none() -> None:
    answer = _asked(allow(Condition={"StringEquals": {"aws:SourceIp": "x"}}), deny())

    assert not answer.allowed
    assert answer.denials


def test_a_name_is_no_pattern() -> None:
    below = allow(resource="arn:aws:s3:::store/reports/*")

    assert _asked(below, name="arn:aws:s3:::store/reports/*").is_sure
    assert not _asked(below, name="arn:aws:s3:::store/*").allowed
    assert not _asked(allow(), deny(resource="arn:aws:s3:::store/a?"), name="arn:aws:s3:::store/a*").allowed


def test_a_name_that_looks_like_another_kind_of_thing_passes_no_policy_by() -> None:
    """Whoever names his object so must not get past the policy of the bucket."""
    nobody = {**deny(), **EVERYBODY}

    for name in ("x:role/admin", "x:key/1"):
        assert not _asked(allow(), bucket=(nobody,), name=f"arn:aws:s3:::store/{name}").allowed
        assert _asked(allow(), name=f"arn:aws:s3:::store/{name}").is_sure


def test_a_variable_in_a_resource_is_what_the_request_says() -> None:
    own = allow(resource="arn:aws:s3:::store/${aws:PrincipalAccount}/*")

    assert _asked(own, name=f"arn:aws:s3:::store/{ACCOUNT}/a").is_sure
    assert not _asked(own, name="arn:aws:s3:::store/222222222222/a").allowed
    unknown = _asked(allow(), deny(resource="arn:aws:s3:::store/${aws:userid}/*"))
    assert "${aws:userid}" in unknown.doubt


def _listed(*expressions: str, prefix: tuple[str, ...] = ()) -> Answer:
    building = Building()
    building.add("gcp:storage/bucket:Bucket", "store", name="store")
    for number, expression in enumerate(expressions):
        building.add(
            "gcp:storage/bucketIAMMember:BucketIAMMember",
            f"grant-{number}",
            bucket="store",
            role="roles/storage.objectViewer",
            member="user:somebody@example.com",
            condition={"expression": expression, "title": "condition"},
        )
    reach = Reach(building.capture())
    target = reach.target("projects/_/buckets/store")
    assert target
    somebody = reach.principal("user:somebody@example.com")
    facts = {LIST_PREFIX: prefix} if prefix else {}
    return reach.decide(Request((somebody,), "storage.objects.list", target, facts))


def test_a_list_has_the_prefix_that_it_was_asked_with() -> None:
    expression = f'api.getAttribute("{LIST_PREFIX}", "").startsWith("own/")'

    assert _listed(expression, prefix=("own/a",)).is_sure
    assert not _listed(expression, prefix=("other/",)).allowed
    assert not _listed(expression).allowed


def test_a_condition_on_what_nobody_knows_leaves_a_doubt_on_gcp_and_another_grant_ends_it() -> None:
    hours = 'request.time.getHours("Europe/Berlin") >= 9'

    answer = _listed(hours)
    assert answer.allowed
    assert not answer.is_sure
    assert "request.time" in answer.doubt
    assert _listed(hours, 'resource.name == "projects/_/buckets/store"').is_sure


def test_a_token_of_several_members_has_the_rights_of_each() -> None:
    building = Building()
    building.add("gcp:storage/bucket:Bucket", "store", name="store")
    pool = "iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool"
    member = f"principalSet://{pool}/attribute.team/blue"
    inputs = {"bucket": "store", "role": "roles/storage.objectViewer", "member": member}
    building.add("gcp:storage/bucketIAMMember:BucketIAMMember", "grant", condition={"expression": EXPRESSION}, **inputs)
    reach = Reach(building.capture())
    both = (Principal(Kind.FEDERATED, "other", f"principal://{pool}/subject/x"), reach.principal(member))
    own = Target("own", "gcp", "projects/_/buckets/store/objects/own/a", type=OBJECT_TYPE, scopes=("bucket:store",))
    asked = Request(both, "storage.objects.get", own)

    assert reach.decide(asked).is_sure
    assert not reach.decide(replace(asked, principals=both[:1])).allowed
    assert not reach.decide(replace(asked, target=replace(own, name="projects/_/buckets/store/objects/*"))).allowed
    assert not reach.decide(replace(asked, principals=())).allowed


OBJECT_TYPE = "storage.googleapis.com/Object"

POOL = "projects/1/locations/global/workloadIdentityPools/pool"
BY_SUBJECT = {"google.subject": "assertion.arn"}
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/i-1"


def _pool(member: str, **inputs: object) -> Reach:
    building = Building()
    building.add(
        "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
        "aws",
        outputs={"name": f"{POOL}/providers/aws"},
        workloadIdentityPoolId="pool",
        aws={"accountId": ACCOUNT},
        **inputs,
    )
    grant = {
        "bucket": "store",
        "role": "roles/storage.objectViewer",
        "member": f"principalSet://iam.googleapis.com/{POOL}{member}",
    }
    building.add("gcp:storage/bucketIAMMember:BucketIAMMember", "grant", **grant)
    return Reach(building.capture())


def _exchanged(reach: Reach, session: str = SESSION, account: str = ACCOUNT) -> tuple[object, int, int]:
    found = reach.exchange(f"{POOL}/providers/aws", {"arn": session, "account": account})
    return found.truth, len(found.members), len(found.doubts)


def test_a_session_of_aws_is_the_members_that_its_role_makes_it() -> None:
    """IAM API, WorkloadIdentityPoolProvider, attributeMapping, the default for AWS, 2026-11-28."""
    by_default = _pool(f"/attribute.aws_role/arn:aws:sts::{ACCOUNT}:assumed-role/worker")

    assert _exchanged(by_default) == (True, 1, 0)
    assert _exchanged(by_default, SESSION.replace("worker", "other")) == (True, 0, 0)
    assert _exchanged(by_default, account="222222222222") == (False, 0, 0)
    subject = _pool(f"/attribute.aws_role/arn:aws:sts::{ACCOUNT}:assumed-role/worker", attributeMapping=BY_SUBJECT)
    assert _exchanged(subject) == (True, 0, 0), "a default holds only where nothing is mapped"
    assert by_default.exchange(f"{POOL}/providers/other", {"arn": SESSION, "account": ACCOUNT}).truth is False


def test_what_a_pool_asks_of_a_session_and_nobody_knows_leaves_a_doubt() -> None:
    asked = _pool("/*", attributeCondition='assertion.userid.startsWith("AROA")')
    mapped = _pool("/attribute.who/me", attributeMapping={"attribute.who": "assertion.userid.lowerAscii()"})

    assert "assertion.userid" in str(
        asked.exchange(f"{POOL}/providers/aws", {"arn": SESSION, "account": ACCOUNT}).truth
    )
    assert _exchanged(asked)[1:] == (0, 1)
    assert _exchanged(mapped) == (True, 0, 1)
