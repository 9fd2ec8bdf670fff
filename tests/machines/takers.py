"""Which values of a document the programs of a machine take: they get one that writes down what is taken from it."""

import importlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from tests.machines.support.programs import program


class Recorded(dict[str, Any]):
    """A part of a document that writes down which of its values are taken."""

    def __init__(self, content: Mapping[str, Any], taken: set[str], place: str = "") -> None:
        super().__init__({key: recorded(value, taken, _below(place, key)) for key, value in content.items()})
        self._place = place
        self._taken = taken

    def __getitem__(self, key: str) -> Any:
        # Whoever takes a list takes its items too; sections in it are taken key by key.
        self._taken |= {_below(self._place, key), f"{_below(self._place, key)}[]"}
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """As of any mapping."""
        return self[key] if super().__contains__(key) else default

    def items(self) -> Any:
        """Whoever asks for all of them takes each."""
        return [(key, self[key]) for key in self]

    def values(self) -> Any:
        """Whoever asks for all of them takes each."""
        return [self[key] for key in self]


def recorded(value: Any, taken: set[str], place: str = "") -> Any:
    """The value as a program takes it."""
    if isinstance(value, Recorded):
        return value
    if isinstance(value, dict):
        return Recorded(cast("dict[str, Any]", value), taken, place)
    if isinstance(value, list):
        return [recorded(entry, taken, f"{place}[]") for entry in cast("list[Any]", value)]
    return value


def _below(place: str, key: str) -> str:
    return f"{place}.{key}".removeprefix(".")


def taken_from(document: dict[str, Any]) -> set[str]:
    """Keys of the document that a program of its machine takes, such as settings.jobs[].name."""
    taken: set[str] = set()
    for take in (*TAKERS_OF_ALL, *TAKERS.get(document["role"], ())):
        take(document, taken)
    return taken


def _fetch(document: dict[str, Any], taken: set[str]) -> None:
    """fetch.py looks at the document before it is used, and fetches the bundle that it names."""
    fetch = program("fetch")

    class Cloud:
        """Has the document, and another bundle than the one that is named."""

        def document_address(self) -> str:
            return str(document["bundle"]["url"])

        def read(self, address: object) -> tuple[bytes, int]:
            del address
            return json.dumps(document).encode(), 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "record", partial(recorded, taken=taken))
        with pytest.raises(fetch.RefusedError, match="the bundle has SHA-256"):
            fetch.fetch(Cloud(), Path("/nonexistent"))


def _converge(document: dict[str, Any], taken: set[str]) -> None:
    """converge.py holds the maintenance window against the clock."""
    program("converge").in_window(recorded(document, taken)["maintenanceWindow"], datetime.now(UTC))


def _report(document: dict[str, Any], taken: set[str]) -> None:
    """report.py sends the machine's metrics, on either cloud."""
    report = program("report")

    class Google(report.fetch.Google):
        def metadata(self, path: str) -> str:
            return path

        def authorization(self) -> dict[str, str]:
            return {}

    class Amazon(report.fetch.Amazon):
        def __init__(self) -> None:
            pass

        def credentials(self) -> dict[str, str]:
            return {"AccessKeyId": "", "SecretAccessKey": ""}

    cloud = Google() if document["cloud"] == "gcp" else Amazon()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report.fetch, "find_cloud", lambda: cloud)
        patch.setattr(report.fetch, "call", _sent)
        report.send(recorded(document, taken), {"converge_age_seconds": 1.0})


def _sent(*_: object) -> bytes:
    return b""


def _pairctl(document: dict[str, Any], taken: set[str]) -> None:
    """pairctl makes records of its settings."""
    importlib.import_module("pair.settings").parse(recorded(document["settings"], taken, "settings"))


def _packagectl(document: dict[str, Any], taken: set[str]) -> None:
    """packagectl makes records of its settings, with what the role adds of the machine."""
    here = {"socket": "/run/socket", "contentSocket": "/run/content", "manager": "/opt/manager", "metadataPort": 1}
    settings = recorded(document["settings"], taken, "settings")
    settings["machine"] = here
    importlib.import_module("packages.settings").parse(settings)


Taker = Callable[[dict[str, Any], set[str]], None]

TAKERS_OF_ALL: tuple[Taker, ...] = (_fetch, _converge, _report)
"""Programs of every machine."""

TAKERS: Mapping[str, tuple[Taker, ...]] = {
    "database-pair": (_pairctl,),
    "package-server": (_packagectl,),
}
"""Programs of one role, by the role of the document."""
