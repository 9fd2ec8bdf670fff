"""Pages with commands for a person: they run to their end, as the tools take them, and name what is registered."""

import re
from pathlib import Path

import pytest

from tests.docs import aws_arguments, gcloud_arguments
from tests.docs.bootstrap import PAGES, Call, run, shellcheck
from tests.support import ROOT, estate

TEXTS = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}

MADE_BY_HAND = re.compile(r"example-pkg-(old-)?state-staging")
"""Names that begin as the stack's do, of buckets that are not of the stack."""


@pytest.fixture(scope="module", params=TEXTS)
def calls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Call, ...]:
    return run(TEXTS[request.param], tmp_path_factory.mktemp("page"))


@pytest.mark.parametrize("page", TEXTS)
def test_shellcheck_finds_nothing_in_the_commands_of_a_page(page: str) -> None:
    assert shellcheck(TEXTS[page]) == []


def test_a_page_runs_to_its_end_with_commands_that_the_tools_take(calls: tuple[Call, ...]) -> None:
    table = gcloud_arguments.read_table()
    faults = [fault for call in calls if call.words[0] == "aws" for fault in aws_arguments.faults(call.words)]
    faults += [
        fault for call in calls if call.words[0] == "gcloud" for fault in gcloud_arguments.faults(call.words, table)
    ]

    assert calls
    assert faults == []


def test_the_table_of_gcloud_holds_what_the_pages_use_and_nothing_else(tmp_path: Path) -> None:
    names = list(gcloud_arguments.read_table()["commands"])
    used: set[str | None] = set()
    for number, text in enumerate(TEXTS.values()):
        (tmp_path / str(number)).mkdir()
        found = run(text, tmp_path / str(number))
        used |= {gcloud_arguments.command_of(call.words, names) for call in found if call.words[0] == "gcloud"}

    assert used == set(names)


def test_names_of_the_stack_are_those_that_it_registers(calls: tuple[Call, ...]) -> None:
    registered = {
        value
        for entry in estate("staging").resources
        for key in ("name", "bucket", "secretId", "workloadIdentityPoolId", "accountId")
        if isinstance(value := entry.inputs.get(key), str)
    }
    words = [MADE_BY_HAND.sub("", word) for call in calls for word in call.words]
    named = {match for word in words for match in re.findall(r"example-pkg-staging-[a-z0-9-]+", word)}

    assert named <= registered


def _denied(page: str, folder: Path) -> set[str]:
    folder.mkdir()
    return {call.words[4] for call in run(page, folder) if call.words[1:3] == ("iam", "attach-role-policy")}


def test_all_identities_of_pipelines_hosts_and_vault_lose_their_rights(tmp_path: Path) -> None:
    page, capture = TEXTS["docs/runbooks/identities/take-away.md"], estate("staging")
    roles = {str(role.inputs["name"]) for role in capture.of_type("aws:iam/role:Role")}
    wanted = {role for role in roles if re.search(r"-ci-|-pg-a|-pg-b$|-offsite-|-restorer$", role)}

    assert _denied(page, tmp_path / "page") == wanted
    assert _denied(page.replace(" offsite-packages", ""), tmp_path / "less") != wanted, "one that is left out is seen"
    text = "\n".join(call.text for call in run(page, tmp_path))
    assert "disable example-pkg-staging-pg-a@" in text
    for pool in capture.of_type("gcp:iam/workloadIdentityPool:WorkloadIdentityPool"):
        name = str(pool.inputs["workloadIdentityPoolId"])
        assert "-ci-" in name or f"update {name} " in text
