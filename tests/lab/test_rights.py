"""What a stand-in refuses is told with its reason, in the log of the lab."""

from pathlib import Path

import pytest

from lab.clouds.amazon_access import Access
from lab.clouds.rights import Rights
from lab.errors import LabError
from lab.network.web import Request
from lab.session.run_folder import logged
from reach.model import Request as Asked
from tests.reach.building import Building, Statement, allow, deny
from tests.support import estate


def told(*own: Statement, bucket: tuple[Statement, ...] = ()) -> list[str]:
    """What is refused of one request."""
    building = Building()
    arn = building.role("asker", *own)
    store = building.bucket("store", *bucket)
    rights = Rights(building.capture())
    target = rights.reach.target(store)
    assert target
    rights.let(Asked((rights.reach.principal(arn),), "s3:ListBucket", target))
    return rights.refused


def test_a_refusal_says_who_asked_for_what_and_why() -> None:
    start = "role asker: s3:ListBucket on arn:aws:s3:::store: "
    beyond = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}

    assert told(allow("s3:*")) == []
    assert told(allow("s3:GetObject")) == [f"{start}nothing allows it"]
    assert told(allow("s3:*"), bucket=(deny("s3:*", Principal="*"),)) == [f"{start}it is denied by store"]
    (doubtful,) = told(allow("s3:*", Condition=beyond))
    assert doubtful.startswith(f"{start}nobody can say it here: aws:sourcevpce StringEquals vpce-1")
    (denied,) = told(allow("s3:*"), bucket=(deny("s3:*", Principal="*", Condition=beyond),))
    assert "a denial does not hold: aws:sourcevpce StringEquals vpce-1" in denied


def test_a_graph_that_cannot_be_read_has_no_stand_ins() -> None:
    building = Building()
    building.role("asker", allow())
    building.add("aws:s3/bucketPolicy:BucketPolicy", "store", bucket="store", policy="no JSON")

    with pytest.raises(LabError, match=r"is no JSON.*HINT"):
        Rights(building.capture())


def test_a_request_that_the_lab_does_not_know_is_refused_whoever_asks() -> None:
    access = Access(Rights(estate("staging")))
    request = Request("", "PUT", "store.s3.us-east-1.amazonaws.com", "/a?acl", {}, body=b"")

    assert not access.may_use_bucket(request, "store")
    assert access.rights.refused == ["PUT store/a?acl: the lab knows no such request to S3"]


def test_what_is_refused_goes_into_the_log_of_the_lab_and_nowhere_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lab.log"
    with logged(file):
        assert told(allow("s3:GetObject"))

    assert "refused: role asker: s3:ListBucket on arn:aws:s3:::store: nothing allows it" in file.read_text()
    assert capfd.readouterr() == ("", "")
