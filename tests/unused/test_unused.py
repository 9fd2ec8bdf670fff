"""Grants that were used are told from those that were not."""

from pathlib import Path

from lab.clouds.rights import Rights
from lab.clouds.used import Use, UsedGrants, uses
from reach.model import Kind, Request
from tests.registrations import machine_document
from tests.support import estate
from tests.unused.grants import idle, unused
from tests.unused.reasons import REASONS


def asked(rights: Rights, role: str, action: str, target: str) -> bool:
    """One request of a role by its logical name."""
    reach = rights.reach
    (who,) = (each for each in reach.principals if each.kind is Kind.ROLE and each.name == role)
    where = reach.target(target)
    assert where is not None
    return rights.let(Request((who,), action, where, {}, ("",)))


def test_what_passes_is_kept_once_with_what_granted_it_and_what_is_refused_is_not(tmp_path: Path) -> None:
    capture = estate("production")
    rights, file = Rights(capture), tmp_path / "cache" / "used.jsonl"
    rights.on_let = UsedGrants(file).note
    secrets = [each for each in rights.reach.targets if each.words == "secret database-pair-cipher-repo1"]
    (arn,) = (each.name for each in secrets if each.cloud == "aws")

    assert asked(rights, "pg-b-machine", "secretsmanager:GetSecretValue", arn)
    assert asked(rights, "pg-b-machine", "secretsmanager:GetSecretValue", arn)
    assert not asked(rights, "pg-b-machine", "secretsmanager:PutSecretValue", arn)
    (use,) = uses(file)
    assert (use.action, use.by.rpartition("::")[2]) == ("secretsmanager:getsecretvalue", "database-pair-pg-b")
    assert set(uses(file)) == {use}


def test_a_grant_is_unused_until_it_lets_something_through_that_it_is_about() -> None:
    capture = estate("production")
    (found,) = (each for each in unused(capture, ()) if each.holding.action == "secretsmanager:getsecretvalue")
    use = Use("secretsmanager:getsecretvalue", found.holding.on[0], found.holding.by)
    elsewhere = Use("secretsmanager:getsecretvalue", "arn:aws:secretsmanager:of:another", found.holding.by)

    assert found in unused(capture, [elsewhere])
    assert found not in unused(capture, [use])


def test_machines_without_a_role_and_identities_of_nobody_in_the_lab_are_told_apart() -> None:
    capture = estate("production")
    told = {each.principal.name: each.why for each in idle(capture)}
    exercised = {each.principal.name for each in unused(capture, ())}

    assert machine_document(capture, "pg-b")["role"] == "database-pair"
    assert {"package-server", "pg-a", "pg-b-machine", "database-pair-pg-a"} <= exercised
    assert told["dev-instance"] == told["runner-manager-aws-blue-machine"] == "its machine has no role yet"
    assert told["ci-identity-deploy"] == "no machine of the lab takes it"
    assert not exercised & set(told)


def test_a_reason_is_of_something_that_is_granted() -> None:
    held = {each.holding.action for stack in ("staging", "production") for each in unused(estate(stack), ())}

    assert set(REASONS) <= held
