"""A secret is in clear nowhere but in the request to the cloud that needs it."""

import json
from pathlib import Path

import pytest

from rehearsal.engine import running_engine, succeeded
from tests.rehearsal.engine.support import holds_in_clear, only, project_copy

pytestmark = pytest.mark.engine

KEYS = tuple(f"ThisIsThePresharedKeyNumber{number}OfTheLink" for number in range(4))

JOINED = {
    "kind": "haVpn",
    "gcpAsn": 64520,
    "awsAsn": 64521,
    "insideCidrs": [f"169.254.{third}.0/30" for third in (20, 21, 22, 23)],
    # What a real backend encrypted; nobody here can open it.
    "presharedKeys": [{"secure": f"v1:AAAA:{number}"} for number in range(4)],
}


def test_a_secret_setting_is_in_clear_in_no_file_and_no_output(tmp_path: Path) -> None:
    work, plan = tmp_path / "work", tmp_path / "work" / "plan.json"
    project = project_copy(work / "project", "staging", {**only("link"), "link": JOINED})
    with running_engine(project, "staging", work) as engine:
        for number, key in enumerate(KEYS):
            path = f"packyard:link.presharedKeys[{number}]"
            succeeded(engine.run("config", "set", "--stack", "staging", "--secret", "--path", path, stdin=key))
        said = [
            engine.preview("--save-plan", str(plan)),
            engine.up("--diff"),
            engine.refresh("--diff"),
            engine.preview("--diff"),
            engine.run("stack", "export", "--stack", "staging"),
            engine.run("stack", "output", "--json", "--stack", "staging"),
            engine.run("config", "--json", "--stack", "staging"),
        ]

        assert [outcome.command for outcome in said if outcome.exit_code != 0] == []
        assert plan.is_file()
        for key in KEYS:
            assert [outcome.command for outcome in said if key in outcome.said] == []
            assert holds_in_clear(work, key) == []
        used = [str(entry.properties) for entry in engine.clouds.resources.values()]
        assert all(any(key in text for text in used) for key in KEYS), "the clouds did get them"


def test_the_search_for_values_finds_one(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text(json.dumps({"sharedSecret": 'a "key"'}), encoding="utf-8")

    assert holds_in_clear(tmp_path, 'a "key"') == ["state.json"]
