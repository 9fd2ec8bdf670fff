"""What the clouds define: spelt as they check it, complete for the program, and what is missing is told."""

import json
from pathlib import Path

import pytest

from reach.data import FOLDER, is_action, managed_policy, permissions, role_permissions
from reach.data.__main__ import missing, used
from tests.reach.building import Building
from tests.support import STACKS, estate


@pytest.mark.parametrize("stack", STACKS)
def test_everything_that_the_program_uses_has_an_entry(stack: str) -> None:
    components = Path(__file__).resolve().parents[2] / "components"
    own = [path.read_text(encoding="utf-8") for path in sorted(FOLDER.parent.rglob("*.py"))]
    sources = [path.read_text(encoding="utf-8") for path in sorted(components.rglob("*.py"))]

    assert missing(used([estate(stack)], sources, own)) == []


def test_what_has_no_entry_is_told_by_its_name() -> None:
    building = Building()
    building.add("gcp:projects/iAMMember:IAMMember", "grant", role="roles/storage.objektAdmin", member="allUsers")
    listed = ("storage.objects.gett", "serviceusage.services.use")
    building.add("gcp:projects/iAMCustomRole:IAMCustomRole", "role", roleId="role", permissions=listed)
    building.role("asker", {"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"})

    assert missing(used([building.capture()], ["arn:aws:iam::aws:policy/AmazonNothing"])) == [
        "role roles/storage.objektAdmin",
        "permission storage.objects.gett",
        "policy AmazonNothing",
        "action s3:getobjekt",
    ]


def test_extracts_say_their_source_and_date() -> None:
    for name in ("aws.json", "gcp.json"):
        content = json.loads((FOLDER / name).read_text(encoding="utf-8"))

        assert content["source"]
        assert content["date"]


def test_permissions_of_pools_are_spelt_as_google_checks_them() -> None:
    assert "iam.workloadIdentityPools.get" in permissions()
    assert not [name for name in permissions() if "/" in name]


def test_service_usage_which_the_data_lack_is_there() -> None:
    assert "serviceusage.services.use" in (role_permissions("roles/serviceusage.serviceUsageConsumer") or ())


def test_a_pattern_is_an_action_where_it_stands_for_one() -> None:
    assert is_action("s3:Get*")
    assert is_action("EC2:describeinstances")
    assert not is_action("s3:Gett*")
    assert not is_action("nothing:*")
    assert managed_policy("Nothing") == ""
