"""What lies on machines breaks no rule; each rule is broken once, in a copy, by a mistake of tests/mistakes."""

import shutil
from functools import cache
from pathlib import Path

import pytest

from tests.machines.checks.firewall import DATABASE, UnknownRuleError, decides
from tests.machines.checks.machines import Machines, all_may_read, others_may
from tests.machines.checks.registry import CHECKS
from tests.machines.support.programs import MACHINES
from tests.mistakes.mistake import Mistake, all_mistakes

PROOFS = {
    "secrets.modes": "a mode without quotes is another number",
    "secrets.secret_places": "the tunnel's key may be read by all",
    "secrets.secret_values": "a passphrase in pgbackrest.conf",
    "secrets.made_keys": "the tunnel's key is made with the usual umask",
    "secrets.unit_folders": "the runtime folder of a backup may be read by all",
    "secrets.authority": "the authority's folder belongs to postgres",
    "units.known_keys": "a misspelt key of a unit",
    "units.long_running": "the watch does not come back",
    "units.timers": "a timer cannot be enabled",
    "units.time_limits": "a oneshot of a timer has no limit",
    "units.started": "the report's timer is not started",
    "units.hardening": "the report may write everywhere",
    "units.reloads": "systemd is not told of new units",
    "units.often_enough": "tokens are renewed when they have ended",
    "commands.downloads": "a download without its digest",
    "commands.shells": "a pipe whose beginning may fail",
    "commands.failures": "a proof that is passed over",
    "commands.taken_in": "a change of the rules is not loaded",
    "commands.services": "the firewall is restarted in place of reloaded",
    "values.ssh": "SSH takes passwords by its default",
    "values.superusers": "an account that needs no password for sudo",
    "values.kernel": "the machine is a router",
    "values.upgrades": "security is no origin of updates",
    "values.journal_and_clock": "another clock",
    "values.exporter": "the node exporter listens everywhere",
    "values.first_boot": "root at the first boot",
    "postgres.parameters": "fsync is off, for speed",
    "postgres.peers": "everybody is trusted on the socket",
    "postgres.names": "any user of the machine is the superuser",
    "postgres.guard": "what the guard refuses starts all the same",
    "postgres.archive": "programs run as root in place of postgres",
    "programs.limits": "a request without a limit of time",
    "programs.modes": "a private key may be read by all",
    "firewall.verdicts": "the refusal comes before what roles open",
    "metadata.askers": "every user of a machine asks the metadata service",
    "metadata.named": "postgres is named by its name",
    "firewall.openings": "the database is open to all inside the tunnel",
    "folders.written": "PostgreSQL's configuration belongs to postgres",
    "folders.commands": "the version of the data is read through a link",
    "folders.programs": "diverged WAL is copied by root",
    "folders.constants": "metrics lie in a folder of the exporter's user",
}
"""For each check a mistake of the lists that it must see."""


@cache
def mistakes() -> dict[str, Mistake]:
    return {mistake.name: mistake for mistake in all_mistakes() if mistake.room.startswith("machines")}


def copy_with(mistake: Mistake, folder: Path) -> Machines:
    """A copy of `machines/` with a mistake, looked at for the role that it is in."""
    shutil.copytree(MACHINES, folder)
    for edit in mistake.edits:
        path = folder.parent / edit.file.replace("machines", folder.name, 1)
        path.write_text(edit.applied(path.read_text(encoding="utf-8")), encoding="utf-8")
    parts = [file.split("/") for file in mistake.files]
    return Machines(folder, frozenset(part[2] if part[1] == "roles" else "base" for part in parts if part[1] in ROOMS))


ROOMS = ("roles", "converge")
"""Whose files one role writes; `base` installs those of converge."""


@pytest.mark.parametrize("name", CHECKS)
def test_what_lies_on_machines_breaks_no_rule(name: str) -> None:
    assert list(dict.fromkeys(CHECKS[name](Machines()))) == []


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_sees_the_mistake_that_it_is_there_for(name: str, tmp_path: Path) -> None:
    faults = list(CHECKS[name](copy_with(mistakes()[PROOFS[name]], tmp_path / "copy")))

    assert faults != []
    assert all(": " in fault for fault in faults), "a fault names its place first"


def test_checks_look_at_files_of_every_role_on_both_clouds() -> None:
    written = Machines().written()

    assert {each.role for each in written} == {path.name for path in (MACHINES / "roles").iterdir()}
    assert len([each for each in written if each.path == "/etc/nftables.conf"]) == 2
    assert not [each.path for each in written if "{{" in each.path]
    assert not [each.path for each in written if "{{" in each.text and "${" not in each.text]


def test_a_rule_of_the_firewall_that_the_model_does_not_know_is_never_passed_over() -> None:
    for rule in ("meta mark 7 accept", "tcp dport 22 counter packets 0 accept", "return"):
        with pytest.raises(UnknownRuleError):
            decides([rule], DATABASE, {})


@pytest.mark.parametrize(
    ("mode", "others", "is_read"),
    [
        *[("0600", "---", False), ("0640", "r--", False), ("0755", "r-x", True), ("0777", "rwx", True)],
        *[("u=rwX,go=rX", "r-x", True), ("u=rw,g=rw", "rw-", False), ("u=rwx", "---", False)],
    ],
)
def test_a_mode_is_read_as_the_file_system_takes_it(mode: str, others: str, is_read: bool) -> None:  # noqa: FBT001
    assert (others_may(mode), all_may_read(mode)) == (others, is_read)
