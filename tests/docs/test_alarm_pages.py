"""Every alarm leads to a page and a section that are there, and no section is left that no alarm leads to."""

import re

import pytest

from components.alerts import Page
from policies.alarm_pages import TEXTS, page_of
from tests.support import ROOT, STACKS, estate


def sections(page: str) -> set[str]:
    """Anchors of a page's headings."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return {found.lower().replace(" ", "-") for found in re.findall(r"^## (.+)$", text, re.MULTILINE)}


def is_there(page: str) -> bool:
    """Whether a page has the section that is named, if one is."""
    file, _, section = page.partition("#")
    return (ROOT / file).is_file() and (not section or section in sections(file))


@pytest.mark.parametrize("stack", STACKS)
def test_every_alarm_leads_to_a_page_that_is_there(stack: str) -> None:
    alarms = [alarm for kind in TEXTS for alarm in estate(stack).of_type(kind)]

    assert alarms
    assert [alarm.name for alarm in alarms if not is_there(page_of(alarm))] == []


def test_a_page_or_a_section_that_is_not_there_is_seen() -> None:
    assert is_there(Page.DISK)
    assert not is_there("docs/runbooks/machine/alarms.md#disc")
    assert not is_there("docs/runbooks/machines/alarms.md")
    assert not is_there("")


def test_every_section_is_what_some_alarm_leads_to() -> None:
    files = {page.partition("#")[0] for page in Page}

    assert {f"{file}#{section}" for file in files for section in sections(file)} == set(Page)
