"""The table of who may do what: what it forbids is told with its path, what changes nothing is not told."""

import json
import re
import time
from dataclasses import replace

import pytest

from capture import Capture
from policies.who_may.rights import secrets_are_read_by_their_machine_alone
from preview.able import ability_changes
from tests.policies.who_may_mutations import FORBIDDEN, PUBLISH, SSH, Forbidden
from tests.reach.building import adding, editing
from tests.reach.grants import Change
from tests.reach.network.changes import made
from tests.reach.refactorings import IN_THE_CLOUDS
from tests.reach.seeing import THE_TABLE
from tests.support import STACKS, estate

INGRESS = ("SecurityGroupIngressRule", f"{PUBLISH}-ssh")
READS_THE_STORE, VIEWER = "ci-identity-preview-machine-store", "roles/storage.objectViewer"
GROUP = ("SecurityGroup", f"{PUBLISH}-workers")


@pytest.mark.parametrize("forbidden", FORBIDDEN, ids=lambda forbidden: forbidden.name)
def test_what_the_table_forbids_is_told_with_its_path(forbidden: Forbidden) -> None:
    capture = forbidden.change(estate("production"))

    told = [finding.message for finding in forbidden.policy(capture)]

    found = [message for message in told if message.startswith(forbidden.who)]
    assert found, told
    assert forbidden.steps in {length for message in found for length in _lengths(message)}
    assert all("HINT: " in message for message in told), "a message must say how to mend"


def _lengths(message: str) -> list[int]:
    """How many steps each of the ways in a message has."""
    numbers = [int(number) for number in re.findall(r"(?:; |: )(\d+)\. ", message)] or [0]
    return [number for number, following in zip(numbers, (*numbers[1:], 1), strict=True) if following <= 1]


def readable_by_everyone(capture: Capture) -> Capture:
    """The store's bucket on GCP lets everyone read."""
    return adding(capture, f"BucketIAMMember::{READS_THE_STORE}", "more", member="allUsers", role=VIEWER)


def assumed_by_everyone(capture: Capture) -> Capture:
    """The trust of a database host's role lets everyone in."""
    role = next(entry for entry in capture.of_type("aws:iam/role:Role") if entry.name == "pg-b-machine")
    trust = json.loads(str(role.inputs["assumeRolePolicy"]))
    trust["Statement"].append({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}})
    return editing(capture, "aws:iam/role:Role::pg-b-machine", assumeRolePolicy=json.dumps(trust))


@pytest.mark.parametrize(
    ("change", "cause", "steps"),
    [(readable_by_everyone, "BucketIAMMember more", 1), (assumed_by_everyone, "Role pg-b-machine", 2)],
    ids=["a store that everyone reads", "a chain that everyone begins"],
)
def test_one_grant_to_everyone_is_one_violation_of_a_right_with_its_cause(
    change: Change, cause: str, steps: int
) -> None:
    before = estate("production")
    after = change(before)
    told = [messages for policy in THE_TABLE if (messages := [finding.message for finding in policy(after)])]

    assert told
    for (message,) in told:
        assert re.match(r"everyone and \d+ more may ", message)
        assert f"One cause of all is {cause}, against what is said of " in message
        assert set(_lengths(message)) <= {steps, steps + 1}
    (news,) = ability_changes(before, after)
    assert re.fullmatch(r"everyone and \d+ more", news.who)


CHANGES_NOTHING: tuple[tuple[str, Change], ...] = (
    *((each.name, each.change) for each in IN_THE_CLOUDS),
    (
        "a way in that nobody takes",
        made(INGRESS, "in", SSH, {"securityGroupId": GROUP, "referencedSecurityGroupId": GROUP}),
    ),
)


@pytest.mark.parametrize(("name", "change"), CHANGES_NOTHING, ids=[name for name, _ in CHANGES_NOTHING])
def test_what_gives_nobody_anything_is_not_told(name: str, change: Change) -> None:
    capture = change(estate("production"))

    assert [finding.message for policy in THE_TABLE for finding in policy(capture)] == [], name


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("preview", [False, True], ids=["final", "preview"])
def test_the_table_holds_of_both_stacks_also_before_their_first_update(stack: str, preview: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    capture = estate(stack, preview=preview)

    assert [finding.message for policy in THE_TABLE for finding in policy(capture)] == []


def test_the_whole_table_is_asked_in_time() -> None:
    capture = replace(estate("production"))
    start = time.process_time()
    for policy in THE_TABLE:
        assert list(policy(capture)) == []

    # It runs in every preview and at every deployment.
    assert time.process_time() - start < 1.5


def test_a_resource_that_no_row_speaks_of_is_told() -> None:
    capture = estate("production")
    secret = next(entry for entry in capture.of_type("gcp:secretmanager/secret:Secret"))
    stray = replace(secret, urn="urn:stray", name="stray", parent=capture.root.urn)
    changed = replace(capture, registrations=(*capture.registrations, stray))

    (finding,) = secrets_are_read_by_their_machine_alone(changed)
    assert "nobody says who may read secret stray" in finding.message
