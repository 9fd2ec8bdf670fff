"""`pairctl create` on a host whose data outlived its boot disk, and so its certificates."""

import argparse
from pathlib import Path

import pytest
from host.errors import HostError
from host.programs import Finished
from pair.commands import create
from pair.server import cluster, lock
from pair.settings import Server

from tests.machines.pair.hosts import pair_settings

NEVER = "inactive\n0\n"
"""What systemd says of a unit that nobody has started since the machine booted."""


class Host:
    """Data and no certificate; it counts the starts of PostgreSQL."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings = pair_settings("pg-a", root)
        self.settings.server.data.mkdir(parents=True)
        (self.settings.server.data / "PG_VERSION").write_text("17\n")
        self.systemd = NEVER
        self.starts = 0
        monkeypatch.setattr(lock, "FILE", root / "lock")
        monkeypatch.setattr(cluster, "start", self._start)
        monkeypatch.setattr(cluster, "run", self._run)

    def get_certificates(self) -> None:
        folder = self.settings.certificates.directory
        folder.mkdir(parents=True)
        for name in ("authority", *self.settings.certificates.kinds):
            (folder / f"{name}.pem").touch()

    def create(self) -> int:
        return create.run(argparse.Namespace(), self.settings)

    def _start(self, server: Server) -> None:
        assert server is self.settings.server
        self.starts += 1

    def _run(self, words: list[str], *, timeout: float) -> Finished:
        assert words[-1] == self.settings.server.unit
        assert timeout > 0
        return Finished(0, self.systemd, "")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_postgresql_waits_for_its_first_certificates_and_is_started_with_them(host: Host) -> None:
    with pytest.raises(HostError, match=r"lacks authority\.pem, server\.pem"):
        host.create()
    before = host.starts
    host.get_certificates()

    assert host.create() == 0

    assert (before, host.starts) == (0, 1)


@pytest.mark.parametrize(
    "state",
    ["active\n1234567\n", "activating\n0\n", "inactive\n1234567\n", "failed\n0\n"],
    ids=["runs", "starts", "was stopped by somebody", "was refused by its guard"],
)
def test_nobody_else_s_decision_about_postgresql_is_undone(state: str, host: Host) -> None:
    host.systemd = state
    host.get_certificates()

    assert host.create() == 0

    assert host.starts == 0
