"""What every machine of a stack sends, through the machine's own programs: the names and labels are theirs."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from host import metrics as files
from host.metrics import Sample
from pair.commands import metrics as pair
from pair.succession import watch_fence

from capture import Capture
from lab.alarms import Series
from lab.alarms.sent_to_amazon import put_metric_data
from lab.alarms.sent_to_google import create_time_series
from lab.placement import document_of, machines_of, place_of
from lab.registered import uploaded
from tests.lab.alarms.meanings import OWN
from tests.machines.support.programs import program

NOW = 1_800_000_000
TIMESTAMP, AGE = "_timestamp_seconds", "_age_seconds"
BLOCKS = 1000

PROGRAMS: Mapping[str, tuple[tuple[str, Mapping[str, str]], ...]] = {
    "database-pair": ((pair.FILE, pair.HELPS), (watch_fence.METRICS, watch_fence.HELPS)),
}
"""Metric files that programs of a role write, with all their metrics; base's are on every machine."""


@dataclass(frozen=True)
class Sent:
    """What one machine sends in a minute, by series, well and wrong."""

    machine: str
    well: Mapping[Series, float]
    wrong: Mapping[Series, float]


def sent_by_machines(capture: Capture) -> tuple[Sent, ...]:
    """Of all machines that stand by themselves."""
    objects = uploaded(capture)
    found: list[Sent] = []
    for name in machines_of(capture):
        place = place_of(name, capture)
        document = document_of(place, objects)
        well, wrong = (_sent(json.dumps(document), str(place.cloud), is_well=is_well) for is_well in (True, False))
        found.append(Sent(name, well, wrong))
    return tuple(found)


@cache
def _sent(document_text: str, cloud: str, *, is_well: bool) -> Mapping[Series, float]:
    document = json.loads(document_text)
    report: Any = program("report")
    values = _gathered(document, report, is_well=is_well)
    if cloud == "aws":
        host = f"monitoring.{document['reporting']['region']}.amazonaws.com"
        return dict(put_metric_data(host, report.amazon_request(document, values)))
    project = document["reporting"]["project"]
    labels = {"project_id": project, "instance_id": "1234567890", "zone": "us-east1-b"}
    path = f"/v3/projects/{project}/timeSeries"
    return dict(create_time_series(path, report.google_request(document, values, labels)))


def _gathered(document: Mapping[str, Any], report: Any, *, is_well: bool) -> dict[str, float]:
    """What report.py gathers from the files that the machine's programs write."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        stack.enter_context(patch.object(files, "FOLDER", Path(folder)))
        # The one writer of machines asks for root's rights.
        stack.enter_context(patch.object(files.files, "write", _write))
        free = BLOCKS - round(BLOCKS * value_of("disk_used_ratio", is_well=is_well))
        disk = SimpleNamespace(f_blocks=BLOCKS, f_bfree=free, f_bavail=free)
        stack.enter_context(patch.object(report.os, "statvfs", return_value=disk))
        since = NOW - value_of("converge_age_seconds", is_well=is_well)
        converge = program("fetch").metrics(success=True, now=since, before="")
        (Path(folder) / "packyard_converge.prom").write_text(converge)
        for file, helps in _programs_of(document):
            samples = [Sample(name, _written(name, is_well=is_well)) for name in helps]
            files.write(file, samples, helps)
        return report.gathered(Path(folder), "/dev/sda1 / ext4 rw 0 0\n", NOW)


def _write(path: Path, text: str, mode: int) -> None:
    path.write_text(text)
    path.chmod(mode)


def _programs_of(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Those of the role; where its program is not there yet, the metrics that its document asks for."""
    yield from PROGRAMS.get(document["role"], ())
    if asked := names_asked_for(document["settings"]):
        yield "packyard_to_be_written", {_written_name(name): "a metric that the document asks for" for name in asked}


def names_asked_for(settings: Any) -> list[str]:
    """Names of metrics that a document hands to its role: values of keys such as `contactMetric`."""
    if isinstance(settings, dict):
        named = [value for key, value in settings.items() if str(key).endswith("Metric")]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] -- a document
        return [*named, *(name for value in settings.values() for name in names_asked_for(value))]  # pyright: ignore[reportUnknownVariableType] -- the same
    if isinstance(settings, list):
        return [name for value in settings for name in names_asked_for(value)]  # pyright: ignore[reportUnknownVariableType] -- the same
    return []


def value_of(sent: str, *, is_well: bool) -> float:
    """The value of a metric as it is sent. Raises KeyError for one whose meaning nobody has written down."""
    return OWN[sent].well if is_well else OWN[sent].wrong


def sent_name(written: str) -> str:
    """What report.py calls a metric of a file: it sends times as ages."""
    return f"{written.removesuffix(TIMESTAMP)}{AGE}" if written.endswith(TIMESTAMP) else written


def _written_name(sent: str) -> str:
    return f"{sent.removesuffix(AGE)}{TIMESTAMP}" if sent.endswith(AGE) else sent


def _written(written: str, *, is_well: bool) -> float:
    value = value_of(sent_name(written), is_well=is_well)
    return NOW - value if written.endswith(TIMESTAMP) else value
