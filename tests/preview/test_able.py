"""A comparison says who can newly do what, with the way to it, and says nothing where nobody gains."""

import pytest

from preview.able import ability_changes
from preview.document import document
from tests.policies.who_may_mutations import (
    ADMINISTERS_ACCOUNTS,
    MANAGER_ON_GCP,
    PREVIEW,
    SIGNING_KEY,
    jobs_of_any_branch,
)
from tests.preview.test_reached import commented, compared, terminal
from tests.reach.building import editing
from tests.reach.grants import granted
from tests.reach.network.changes import found
from tests.reach.refactorings import IN_THE_CLOUDS, Refactoring
from tests.support import estate, variant

READS_THE_KEY = granted(SIGNING_KEY, "runner-manager-gcp-blue")


def test_whoever_can_newly_do_something_is_named_with_the_way_above_the_resources() -> None:
    told = compared(estate("production"), READS_THE_KEY(estate("production")))
    words = f"{MANAGER_ON_GCP} can now read secret package-server-package-signing-key"

    for text, resources in ((terminal(told), "Against main"), (commented(told), "steps by component")):
        plain = text.replace("\\", "")
        assert plain.index("Who can newly do what") < plain.index(words) < plain.index(resources)
        assert "Who can do what no longer" not in text


def test_whoever_can_no_longer_is_named_too_and_programs_read_it() -> None:
    told = compared(READS_THE_KEY(estate("production")), estate("production"))
    (change,) = document(told.report)["against"]["abilities"]

    assert not change["gained"]
    assert change["who"] == MANAGER_ON_GCP
    assert "Who can do what no longer" in terminal(told)


def test_somebody_who_gets_far_is_told_with_all_that_he_gets() -> None:
    capture = estate("production")
    gained = ability_changes(capture, granted(ADMINISTERS_ACCOUNTS, "ci-identity-preview")(capture))

    assert {change.who for change in gained} == {PREVIEW}
    assert any("read secret package-server-package-signing-key" in change.rights for change in gained)
    assert all(change.path for change in gained)


def test_jobs_that_are_newly_let_in_are_told_with_what_they_can_do() -> None:
    capture = estate("production")
    gained = [change for change in ability_changes(capture, jobs_of_any_branch(capture)) if change.is_gained]

    assert gained
    assert all(change.who.startswith("jobs of gitlab.example.com with") for change in gained)


@pytest.mark.parametrize("refactoring", IN_THE_CLOUDS, ids=lambda each: each.name)
def test_a_change_that_gives_nobody_anything_says_nothing(refactoring: Refactoring) -> None:
    capture = estate("production")
    changed = refactoring.change(capture)

    assert changed != capture
    assert ability_changes(capture, changed) == ()


def test_jobs_that_must_claim_more_gain_nothing_and_the_others_lose_it() -> None:
    capture = estate("production")
    provider = "WorkloadIdentityPoolProvider::ci-identity-deploy-gitlab"
    old = str(found(capture, "WorkloadIdentityPoolProvider", "ci-identity-deploy-gitlab").inputs["attributeCondition"])
    tightened = editing(capture, provider, attributeCondition=f'{old} && assertion.user_login == "releases"')
    changes = ability_changes(capture, tightened)

    assert changes
    assert not any(change.is_gained for change in changes)
    assert all(change.is_gained for change in ability_changes(tightened, capture))


def test_a_new_machine_tells_what_it_can_do_to_what_was_there() -> None:
    """Its own secrets are new with it; the vault was there."""
    without = variant("staging", {"devInstance": None})
    gained = [change for change in ability_changes(without, estate("staging")) if change.is_gained]

    rights = {right for change in gained for right in change.rights}
    assert "write objects of bucket backup-vault" in rights
    assert not any("dev-instance" in right for right in rights)
