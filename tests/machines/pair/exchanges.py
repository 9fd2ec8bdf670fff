"""Both hosts with one Parameter Store between them, and a clock that a test moves."""

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import fetch
import pytest
from cryptography import x509
from host.identity import aws_identity
from pair.keys import certificates, exchange, wireguard
from pair.keys.certificate_folder import CertificateFolder
from pair.keys.parameter_store import ParameterStore
from pair.server import cluster, lock
from pair.settings import PairSettings, Server

from tests.machines.pair.clouds import Clouds
from tests.machines.pair.hosts import pair_settings, without_root

PREFIX = "/example-pkg/staging/database-pair"
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
AUTHORITY, OTHER = "pg-b", "pg-a"


def free(what: str) -> contextlib.nullcontext[None]:
    """A lock that nobody else holds."""
    del what
    return contextlib.nullcontext()


def running(server: Server) -> bool:
    """PostgreSQL is up on every host."""
    return bool(server.version)


class Pair:
    """Both hosts, with one Parameter Store between them and a clock that the test moves."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.monkeypatch = monkeypatch
        self.now = START
        self.parameters: dict[str, str] = {}
        self.clouds: Clouds = Clouds(OTHER, self.parameters)
        self.reloads = 0
        self.signs = AUTHORITY
        without_root(monkeypatch, root)
        monkeypatch.setattr(lock, "held", free)
        monkeypatch.setattr(cluster, "is_running", running)
        monkeypatch.setattr(cluster, "reload", self._count)

    def _count(self, _: Server) -> None:
        self.reloads += 1

    def settings(self, host: str) -> PairSettings:
        known = pair_settings(host, self.root / host)
        return replace(known, certificates=replace(known.certificates, authority=self.signs))

    def run(self, host: str) -> None:
        """One round on a host, at the present time of the test."""
        self.clouds = Clouds(host, self.parameters)
        self.monkeypatch.setattr(fetch, "call", self.clouds.call)
        for name in ("KEY", "CONFIGURATION"):
            path = self.root / host / "etc" / "wireguard" / f"packyard.{'key' if name == 'KEY' else 'conf'}"
            self.monkeypatch.setattr(wireguard, name, path)
        settings = self.settings(host)
        store = ParameterStore(
            settings.exchange.region,
            settings.exchange.prefix,
            aws_identity(settings.server.web_identity, settings.host),
        )
        exchange.Exchange(settings, store, self.now).run()

    def settle(self) -> None:
        """Rounds until both have everything."""
        for host in (OTHER, AUTHORITY, OTHER):
            self.run(host)

    def folder(self, host: str) -> CertificateFolder:
        return CertificateFolder(self.settings(host).certificates)

    def certificate(self, host: str, kind: str = "server") -> x509.Certificate:
        (found,) = certificates.read_certificates((self.folder(host).path / f"{kind}.pem").read_text())
        return found

    def value(self, name: str) -> str:
        return self.parameters[f"{PREFIX}/{name}"]

    def change(self, name: str, kind: str, text: str) -> None:
        """Replaces one entry of a parameter, as somebody who can write it."""
        self.parameters[f"{PREFIX}/{name}"] = json.dumps({**json.loads(self.value(name)), kind: text})

    def everything(self) -> dict[str, str]:
        below = (path for path in self.root.rglob("*") if path.is_file())
        files = {str(path.relative_to(self.root)): path.read_text() for path in below}
        return {**files, **self.parameters}
