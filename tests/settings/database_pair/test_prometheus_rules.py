"""The rule file is what its list says, and leads to pages that exist. tests/alerts evaluates it."""

import yaml

from settings.database_pair.alerts import LIMITS, Runbook
from settings.database_pair.prometheus_rules import rules, rules_text
from tests.support import ROOT


def test_the_rule_file_is_up_to_date() -> None:
    text = (ROOT / "alerts" / "database-pair.rules.yml").read_text(encoding="utf-8")

    assert text == rules_text(), "write it anew: make records"
    assert yaml.safe_load(text) == rules()


def test_every_runbook_exists() -> None:
    assert [runbook.path for runbook in Runbook if not (ROOT / runbook.path).is_file()] == []


def test_alerts_have_names_of_their_own() -> None:
    assert len({limit.name for limit in LIMITS}) == len(LIMITS)
