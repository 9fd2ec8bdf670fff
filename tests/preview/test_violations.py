"""How broken promises are told: one entry for a line of the program, and never the secret itself."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from capture import Capture
from capture.hiding import hidden
from policies import check
from policies.secrets_in_clear import without_secrets
from preview.comment_facts import facts
from preview.comment_markdown import comment
from preview.comment_text import Redactor, literal
from preview.compare import compare
from preview.document import document_text
from preview.render import render
from preview.report import Against, compared_report, make_report
from preview.revision import PastCapture
from preview.violations import by_line
from tests.policies.mutations import Pick, add, change
from tests.support import estate

PASSWORD = "hunter2-and-more"  # noqa: S105 -- what must not be printed
TOKEN = "glrt-0123456789abcdefghij"  # noqa: S105 -- the same
VPN = "gcp:compute/vPNTunnel:VPNTunnel"

LEAKS = {
    "by its look": (change(Pick("gcp:compute/instance:Instance"), {"metadata.note": f"token={TOKEN}"}), TOKEN),
    "by its name": (add(Pick("gcp:storage/bucket:Bucket"), VPN, {"sharedSecret": PASSWORD}), PASSWORD),
}


def broken_helper() -> Capture:
    """All alarms of AWS, which one line of one helper makes, without their tags."""
    capture = estate("staging")
    kind = "aws:cloudwatch/metricAlarm:MetricAlarm"
    registrations = tuple(
        replace(entry, inputs={**entry.inputs, "tags": {}}) if entry.type == kind else entry
        for entry in capture.registrations
    )
    return replace(capture, registrations=registrations)


def rendered(capture: Capture, against: Against | None = None, *, full: bool = False) -> str:
    out = io.StringIO()
    render(make_report(capture, against), full=full, console=Console(file=out, width=120))
    return out.getvalue()


def commented(before: Capture, present: Capture) -> str:
    facts_now = facts("staging", present, {}, PastCapture("0123456789", before), "main")
    written = comment([facts_now], "abc", Redactor(Path("/nowhere")))
    return written.markdown + written.diff


def test_a_bad_line_in_a_shared_helper_is_told_once() -> None:
    capture = broken_helper()
    violations = check(capture)
    (group,) = by_line(capture, violations)

    assert len(violations) > 20
    assert len(group.names) == len(violations)
    assert group.source.startswith("components/alerts/aws_alarms.py:")
    text = rendered(capture)
    assert text.count("everything_says_its_component") == text.count(group.source) == 1
    assert f"and {len(group.names) - 3} more" in text
    assert commented(estate("staging"), capture).count(literal(group.source)) == 1


def test_all_names_are_there_with_full() -> None:
    capture = broken_helper()
    text = "".join(rendered(capture, full=True).split())

    assert all(name in text for name in by_line(capture, check(capture))[0].names)


@pytest.mark.parametrize("leak", LEAKS)
def test_no_preview_and_no_comment_prints_the_secret_that_it_complains_of(leak: str) -> None:
    mutation, secret = LEAKS[leak]
    before, present = estate("staging"), mutation(estate("staging")).capture
    for old, new in ((before, present), (present, before)):
        against = Against("main", "0123456789", exists=True, comparison=compare(old, new))

        assert against.comparison.changes
        assert secret not in rendered(new, against, full=True)
        assert secret not in document_text(make_report(new, against))
        assert secret not in commented(old, new)
    assert json.loads(document_text(make_report(present)))["violations"]


def test_a_comparison_looks_for_secrets_once_in_each_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    before, present = estate("staging"), LEAKS["by its look"][0](estate("staging")).capture
    looked: list[Capture] = []

    def counted(capture: Capture, is_secret: Callable[[str, str], bool]) -> Capture:
        looked.append(capture)
        return hidden(capture, is_secret)

    monkeypatch.setattr("policies.secrets_in_clear.hidden", counted)
    report, against = compared_report("main", PastCapture("0123456789", before), present, {})

    assert report.violations
    assert against.comparison.changes
    assert [id(capture) for capture in looked] == [id(present), id(before)]


def test_a_fault_that_quotes_a_secret_is_told_without_it() -> None:
    line = f"  line 3: packyard:x.url: 'https://me:{PASSWORD}@host' is not a URL. HINT: a URL"
    told = without_secrets(f"Pulumi.dev.yaml: 1 fault\n{line}")

    assert PASSWORD not in told
    assert "line 3" in told
    assert "a URL with a password" in told
