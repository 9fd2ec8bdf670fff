"""A host of the pair as staging's document describes it, with its files below a folder of the test."""

import dataclasses
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from host import files
from pair import settings
from pair.keys import wireguard

from tests.registrations import role_settings
from tests.support import estate


@cache
def document(host: str) -> dict[str, Any]:
    """The part of the machine document that the program registers for a host of staging."""
    return role_settings(estate("staging"), host)


def pair_settings(host: str, root: Path) -> settings.PairSettings:
    """What pairctl knows on a host whose files are below `root`."""
    known = settings.parse(document(host))
    mount_point = root / str(known.server.mount_point).lstrip("/")
    mount_point.mkdir(parents=True, exist_ok=True)
    directory = root / str(known.certificates.directory).lstrip("/")
    web = known.server.web_identity
    return dataclasses.replace(
        known,
        server=dataclasses.replace(
            known.server,
            mount_point=mount_point,
            data=root / str(known.server.data).lstrip("/"),
            web_identity=web and dataclasses.replace(web, token_file=root / str(web.token_file).lstrip("/")),
        ),
        spool=root / str(known.spool).lstrip("/"),
        certificates=dataclasses.replace(known.certificates, directory=directory),
    )


def without_root(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    """Files go below `root`, and belong to whoever runs the test."""

    def nobody(*arguments: object) -> None:
        del arguments

    monkeypatch.setattr("shutil.chown", nobody)
    monkeypatch.setattr("pair.repositories.in_use.FILE", root / "in-use.lock")
    monkeypatch.setattr("pair.keys.known.LOCK", root.with_name(f"{root.name}-exchange.lock"))
    for name in ("KEY", "CONFIGURATION"):
        path: Path = getattr(wireguard, name)
        monkeypatch.setattr(wireguard, name, root / str(path).lstrip("/"))
    monkeypatch.setattr(wireguard, "INTERFACES", root / "sys")
    assert files.ROOT == "root"
