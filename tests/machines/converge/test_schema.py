"""schema.py: a machine refuses the documents that the schema forbids, and no other."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from tests.machines.support.programs import MACHINES, program
from tests.support import estate

schema = program("schema")
RULES: dict[str, Any] = json.loads((MACHINES / "document.schema.json").read_text())


def documents() -> list[dict[str, Any]]:
    return [
        json.loads(str(entry.inputs["content"]))
        for entry in estate("staging").resources
        if entry.name.endswith("-document") and entry.kind.startswith("BucketObject")
    ]


def keywords(rules: Any) -> Iterator[str]:
    """Every keyword of a schema; names of properties and definitions are none."""
    if isinstance(rules, list):
        for inner in cast("list[Any]", rules):
            yield from keywords(inner)
    elif isinstance(rules, dict):
        for key, inner in cast("dict[str, Any]", rules).items():
            yield key
            if key in ("properties", "$defs"):
                yield from keywords(list(inner.values()))
            elif key not in ("default", "examples", "const", "enum"):
                yield from keywords(inner)


def test_every_registered_document_is_accepted() -> None:
    found = documents()

    assert len(found) >= 6
    assert [list(schema.Schema(RULES).faults(document)) for document in found] == [[]] * len(found)


def test_it_knows_every_keyword_of_the_schema() -> None:
    assert set(keywords(RULES)) <= schema.LIMITS.keys() | schema.SHAPING | schema.DESCRIBING


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("name",), None, "name is no string"),
        (("dataDisk", "sizeGiB"), 0, "dataDisk.sizeGiB is 0, against minimum 1"),
        (("dataDisk", "sizeGiB"), True, "dataDisk.sizeGiB is no integer"),
        (("dataDisk", "size"), 1, "dataDisk.size is not known"),
        (("cloud",), "azure", "cloud is 'azure', against enum ['gcp', 'aws']"),
        (("ssmAgent",), {}, "ssmAgent has none of the allowed forms"),
        (("settings", "surprise"), 1, "settings.surprise is not known"),
    ],
)
def test_a_fault_is_told_with_its_path(path: tuple[str, ...], value: object, fault: str) -> None:
    document = documents()[0]
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value

    assert fault in list(schema.Schema(RULES).faults(document))


def test_a_refused_document_never_takes_the_place_of_the_last_good_one(tmp_path: Path) -> None:
    converge = program("converge")
    good, candidate = tmp_path / "document.json", tmp_path / "document.new.json"
    good.write_text("{}")
    candidate.write_text(json.dumps({**documents()[0], "cloud": "azure"}))

    with pytest.raises(SystemExit, match="is refused: cloud is 'azure'"):
        converge.main([str(candidate)])

    assert good.read_text() == "{}"


def test_what_is_missing_is_told() -> None:
    document = documents()[0]
    del document["maintenanceWindow"], document["dataDisk"]["device"]

    assert list(schema.Schema(RULES).faults(document)) == ["maintenanceWindow is missing", "dataDisk.device is missing"]
