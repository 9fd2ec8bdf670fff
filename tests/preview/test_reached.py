"""A comparison says who newly reaches what, with the way to it; a change of names alone says nothing of it."""

import io
from pathlib import Path

from rich.console import Console

from capture import Capture
from preview.comment_facts import StackFacts, facts
from preview.comment_markdown import comment
from preview.comment_text import Redactor
from preview.document import document
from preview.render import render
from preview.revision import PastCapture
from tests.policies.mutations import Pick, change
from tests.support import estate, variant

NEWCOMERS = "198.51.100.0/24"
WAY = "Cloud Armor rule 1000 of package-server-upload allows"


def opened() -> Capture:
    """The upload host of staging lets one range more in."""
    listed = ["203.0.113.0/24", NEWCOMERS]
    return variant("staging", {"packageServer.uploadAllowedCidrs": listed})


def compared(before: Capture, after: Capture) -> StackFacts:
    return facts("staging", after, {}, PastCapture("0123456", before), "main")


def terminal(found: StackFacts) -> str:
    out = io.StringIO()
    render(found.report, full=False, console=Console(file=out, width=160))
    return out.getvalue()


def commented(found: StackFacts) -> str:
    return comment([found], "89abcde", Redactor(Path("/home/someone/packyard"))).markdown


def test_whoever_newly_reaches_a_port_is_named_with_the_way_above_the_resources() -> None:
    found = compared(estate("staging"), opened())

    for text, resources in ((terminal(found), "Against main"), (commented(found), "steps by component")):
        told, title = text.index(NEWCOMERS), text.index("Who newly reaches what")
        assert title < told < text.index(WAY) < text.index(resources)
        assert "Who reaches what no longer" not in text


def test_whoever_reaches_it_no_longer_is_named_too() -> None:
    found = compared(opened(), estate("staging"))

    for text in (terminal(found), commented(found)):
        assert NEWCOMERS in text[text.index("Who reaches what no longer") :]
        assert "Who newly reaches what" not in text


def test_programs_read_the_same() -> None:
    (door,) = document(compared(estate("staging"), opened()).report)["against"]["doors"]

    assert door["gained"]
    assert door["part"] == NEWCOMERS
    assert any(WAY in step["words"] for step in door["path"])


def test_a_change_that_opens_nothing_says_nothing() -> None:
    described = change(Pick("gcp:compute/firewall:Firewall", "pg-a-out-web"), {"description": "another"})
    found = compared(estate("staging"), described(estate("staging")).capture)

    assert "reaches what" not in terminal(found) + commented(found)
