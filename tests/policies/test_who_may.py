"""The table of who may do what: what it forbids is told with its path, what changes nothing is not told."""

import json
import re
import time
from dataclasses import replace

import pytest

from capture import Capture
from policies import POLICIES
from policies.who_may.rights import secrets_are_read_by_their_machine_alone
from tests.policies.who_may_mutations import FORBIDDEN, PUBLISH, SIGNING_KEY, SSH, Forbidden
from tests.reach.building import deny, document, editing, granting
from tests.reach.grants import Change, allowed, granted
from tests.reach.network.changes import made
from tests.support import STACKS, estate

THE_TABLE = tuple(policy for policy in POLICIES if policy.__module__.startswith("policies.who_may."))

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
READER = "gcp:secretmanager/secretIamMember:SecretIamMember"
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


def _turned(capture: Capture) -> Capture:
    policy = next(entry for entry in capture.of_type(ROLE_POLICY) if entry.name == "database-pair-pg-b")
    statements = json.loads(str(policy.inputs["policy"]))["Statement"]
    return editing(capture, f"{ROLE_POLICY}::database-pair-pg-b", policy=document(*reversed(statements)))


def _split(capture: Capture) -> Capture:
    """One statement becomes one for each of its actions."""
    policy = next(entry for entry in capture.of_type(ROLE_POLICY) if entry.name == "runner-manager-aws-blue-fleet")
    statements = json.loads(str(policy.inputs["policy"]))["Statement"]
    apart = [{**entry, "Action": [action], "Sid": ""} for entry in statements for action in entry["Action"]]
    return editing(capture, f"{ROLE_POLICY}::runner-manager-aws-blue-fleet", policy=document(*apart))


def _renamed(capture: Capture) -> Capture:
    """A grant has another name and place in the program."""
    grant = next(entry for entry in capture.of_type(READER) if entry.name.endswith("package-signing-key-machine"))
    moved = replace(grant, urn=f"{grant.urn}-of-the-server", name=f"{grant.name}-of-the-server")
    return replace(capture, registrations=tuple(moved if entry is grant else entry for entry in capture.registrations))


CHANGES_NOTHING: tuple[tuple[str, Change], ...] = (
    ("statements in another order", _turned),
    ("a statement for each action", _split),
    ("a grant under another name", _renamed),
    ("a grant twice", granted(SIGNING_KEY, "package-server")),
    ("an action that a boundary refuses", allowed("runner-manager-aws-publish-blue-fleet", "ssm:StartSession")),
    (
        "a denial more",
        lambda capture: granting(capture, f"{ROLE_POLICY}::database-pair-pg-b", deny("s3:DeleteBucket")),
    ),
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
