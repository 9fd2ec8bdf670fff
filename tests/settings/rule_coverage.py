"""Which rules between sections no settings test breaks: `python -m tests.settings.rule_coverage` prints their names.

It runs the settings tests once more with every rule watched, so that a new rule without a file that breaks it is found.
"""

import sys
from collections.abc import Iterator

import pytest

from settings import parse, rules
from settings.faults import Fault
from settings.stack import Settings
from tests.support import ROOT


def main() -> int:
    """Prints the rules that never found a fault, and ends with 1 where there is one or a test fails."""
    broken: set[str] = set()
    parse.RULES = tuple(_watched(rule, broken) for rule in rules.RULES)
    tests = [str(path) for path in (ROOT / "tests/settings").rglob("test_*.py") if path.name != "test_every_rule.py"]
    outcome = pytest.main(["-q", "-p", "no:cacheprovider", *tests])
    unbroken = [rule.__name__ for rule in rules.RULES if rule.__name__ not in broken]
    print("never broken:", ", ".join(unbroken) or "none")
    return 1 if unbroken or outcome else 0


def _watched(rule: rules.Rule, broken: set[str]) -> rules.Rule:
    def watch(settings: Settings) -> Iterator[Fault]:
        for fault in rule(settings):
            broken.add(rule.__name__)
            yield fault

    return watch


if __name__ == "__main__":
    sys.exit(main())
