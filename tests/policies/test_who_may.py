"""The table of who may do what: what it forbids is told with its path, what changes nothing is not told."""

import re
import time
from dataclasses import replace

import pytest

from policies.who_may.rights import secrets_are_read_by_their_machine_alone
from tests.policies.who_may_mutations import FORBIDDEN, PUBLISH, SSH, Forbidden
from tests.reach.grants import Change
from tests.reach.network.changes import made
from tests.reach.refactorings import IN_THE_CLOUDS
from tests.reach.seeing import THE_TABLE
from tests.support import STACKS, estate

INGRESS = ("SecurityGroupIngressRule", f"{PUBLISH}-ssh")
GROUP = ("SecurityGroup", f"{PUBLISH}-workers")


@pytest.mark.parametrize("forbidden", FORBIDDEN, ids=lambda forbidden: forbidden.name)
def test_what_the_table_forbids_is_told_with_its_path(forbidden: Forbidden) -> None:
    capture = forbidden.change(estate("production"))

    told = [finding.message for finding in forbidden.policy(capture)]

    found = [message for message in told if message.startswith(forbidden.who)]
    assert found, told
    assert forbidden.steps in {len(re.findall(r"(?:; |: )\d+\. ", message)) for message in found}
    assert all("HINT: " in message for message in told), "a message must say how to mend"


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
