"""The alerts of the pair as Prometheus evaluates them, and every way to spoil one of them is noticed."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from settings.database_pair.alerts import LIMITS, Limit
from settings.database_pair.prometheus_rules import alert_name, rules_text
from tests.alerts.promtool import NoPromtoolError, promtool, run
from tests.support import ROOT

pytestmark = pytest.mark.machine

RULES = ROOT / "alerts" / "database-pair.rules.yml"
CASES = sorted(Path(__file__).parent.glob("*.test.yml"))

Change = Callable[[Limit], Limit]

SPOILED: dict[str, Change] = {
    "raised": lambda limit: replace(limit, limit=limit.limit * 1.05 + (limit.limit == 0)),
    "lowered": lambda limit: replace(limit, limit=limit.limit * 0.95 - (limit.limit == 0)),
    "sooner": lambda limit: replace(limit, minutes=limit.minutes - 1),
    "later": lambda limit: replace(limit, minutes=limit.minutes + 1),
    "the other way": lambda limit: replace(limit, below=not limit.below),
}


def hold(folder: Path, text: str) -> tuple[bool, str]:
    """Whether every case holds for a rule file, and what promtool says."""
    rules = folder / "rules.yml"
    rules.write_text(text, encoding="utf-8")
    copies: list[Path] = []
    for case in CASES:
        copy = folder / case.name
        content = case.read_text(encoding="utf-8")
        assert "../../alerts/database-pair.rules.yml" in content
        copy.write_text(content.replace("../../alerts/database-pair.rules.yml", str(rules)), encoding="utf-8")
        copies.append(copy)
    done = run("test", "rules", *copies)
    return done.returncode == 0, done.stdout + done.stderr


def noticed(said: str) -> set[str]:
    """Alerts whose own cases promtool reports."""
    return set(re.findall(r'expr: "ALERTS\{alertname=\\"(\w+)\\"', said))


@pytest.fixture(autouse=True, scope="module")
def _tool() -> None:
    try:
        promtool()
    except NoPromtoolError as error:
        pytest.fail(str(error), pytrace=False)


def test_the_rule_file_is_sound() -> None:
    done = run("check", "rules", "--lint-fatal", RULES)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_case_holds(tmp_path: Path) -> None:
    held, said = hold(tmp_path, RULES.read_text(encoding="utf-8"))

    assert held, said


@pytest.mark.parametrize("spoiled", SPOILED)
def test_every_limit_that_is_spoiled_is_noticed_by_its_own_case(spoiled: str, tmp_path: Path) -> None:
    _, said = hold(tmp_path, rules_text([SPOILED[spoiled](limit) for limit in LIMITS]))

    assert noticed(said) == {alert_name(limit) for limit in LIMITS}


def test_every_rule_that_is_left_out_is_noticed_by_its_own_case(tmp_path: Path) -> None:
    _, said = hold(tmp_path, rules_text([]))

    assert noticed(said) == {alert_name(limit) for limit in LIMITS}


@pytest.mark.parametrize("host", ["pg-a", "pg-b"])
def test_a_host_whose_silence_is_forgotten_is_noticed(host: str, tmp_path: Path) -> None:
    lines = RULES.read_text(encoding="utf-8").splitlines(keepends=True)
    forgotten = [line for line in lines if not ("or absent(" in line and f'"{host}"' in line)]
    held, _ = hold(tmp_path, "".join(forgotten))

    assert len(forgotten) == len(lines) - len(LIMITS)
    assert not held
