"""The machine document and its schema, which people and tests read."""

import pytest

from settings.documents import DOCUMENTS, schema, schema_text
from settings.naming import LENGTH_LIMITS, shortened
from tests.support import ROOT, faults_of

SCHEMA_FILE = ROOT / "machines" / "document.schema.json"


def test_the_schema_file_is_what_the_models_say() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), (
        "HINT: .venv/bin/python -m settings.documents > machines/document.schema.json"
    )


def test_the_schema_knows_the_settings_of_every_role_and_refuses_what_it_does_not_know() -> None:
    made = schema()
    chosen = {rule["if"]["properties"]["role"]["const"]: rule["then"] for rule in made["allOf"]}

    assert made["additionalProperties"] is False
    assert set(chosen) == set(DOCUMENTS) == set(made["properties"]["role"]["enum"])
    for role, then in chosen.items():
        definition = made["$defs"][then["properties"]["settings"]["$ref"].rpartition("/")[2]]
        assert definition["additionalProperties"] is False
        assert definition["properties"], role


@pytest.mark.parametrize(
    ("place", "value"),
    [("version", "latest"), ("sha256", "0" * 63), ("sha256", "G" * 64)],
    ids=["no version", "too short", "not hexadecimal"],
)
def test_the_agent_that_lets_operators_in_must_be_pinned(place: str, value: str) -> None:
    (fault,) = faults_of("staging", {f"machines.ssmAgent.{place}": value})

    assert fault.path == ("machines", "ssmAgent", place)


def test_long_names_stay_two_accounts_within_the_limit_of_google() -> None:
    limit = LENGTH_LIMITS["service_account"]
    long = [
        shortened("example-organisation", "production", name, kind="service_account")
        for name in ("runner-manager-a", "runner-manager-b")
    ]

    assert all(len(name) <= limit for name in long)
    assert len(set(long)) == 2
    assert shortened("example", "staging", "web", kind="service_account") == "example-staging-web"
