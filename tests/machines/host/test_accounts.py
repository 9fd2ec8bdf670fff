"""Accounts: what a person reads before anything changes, and how they agree to it."""

import argparse
from pathlib import Path

import pytest
from host import accounts, locks
from host.errors import HostError


def options(*, yes: bool = False, dry_run: bool = False) -> argparse.Namespace:
    return argparse.Namespace(yes=yes, dry_run=dry_run)


ACCOUNT = accounts.Account("promote pg-b", ("a",), ("b",))


def test_a_dry_run_prints_the_account_and_agrees_to_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert not accounts.agreed(ACCOUNT, options(yes=True, dry_run=True))
    assert "Might be lost:\n  nothing\n" in capsys.readouterr().out


def test_nothing_is_done_where_nobody_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)

    with pytest.raises(HostError, match="--yes"):
        accounts.agreed(ACCOUNT, options())


def test_what_was_seen_is_looked_at_again_under_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person may think for an hour; what has changed since may forbid it."""
    seen = ["as it was", "changed"]
    looks: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdin.readline", lambda: "y\n")

    def look() -> str:
        looks.append(seen[len(looks)])
        return looks[-1]

    def refusal(now: str) -> HostError | None:
        return HostError("changed") if now == "changed" else None

    with (
        pytest.raises(HostError, match="changed"),
        accounts.agreed_on(
            locks.held(tmp_path / "lock", "test"),
            argparse.Namespace(yes=False, dry_run=False),
            look,
            refusal,
            lambda _: ACCOUNT,
        ),
    ):
        pass
