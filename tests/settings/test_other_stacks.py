"""A stack file that has what is another stack's own is refused, and nobody is told to finish the mistake."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from settings.faults import SettingsError, dotted
from settings.other_stacks import OWN, copied
from settings.parse import parse
from tests.support import STACKS, put_value, raw_sections, stack_file_text


def at(raw: Any, path: list[str]) -> Any:
    for part in path:
        raw = raw[int(part) if isinstance(raw, list) else part]
    return raw


@pytest.mark.parametrize("place", OWN, ids=".".join)
def test_what_is_one_stacks_own_is_refused_in_the_other(place: tuple[str, ...]) -> None:
    mine, theirs = raw_sections("production", {}), raw_sections("staging", {})
    path = ["0" if part == "[]" else part for part in place]
    put_value(theirs, path, at(theirs, path) if place != ("devInstance", "pagesDomain") else "pages.example.com")
    put_value(mine, path, at(theirs, path))

    (fault, *rest) = [each for each in copied(mine, theirs, "staging") if OWN[place] in each.wrong]

    assert not rest
    assert dotted(fault.path) == "packyard:" + ".".join(path).replace(".0", "[0]")
    assert "Pulumi.staging.yaml" in fault.wrong
    assert "one of the two files is wrong" in fault.right


def test_the_image_of_the_other_stacks_project_is_refused_wherever_it_stands() -> None:
    mine, theirs = raw_sections("production", {}), raw_sections("staging", {})
    shards = mine["runnerFleet"]["shards"]
    index = next(number for number, shard in enumerate(shards) if shard["cloud"] == "gcp")
    shards[index]["image"] = next(
        shard["image"] for shard in theirs["runnerFleet"]["shards"] if shard["cloud"] == "gcp"
    )

    (fault,) = copied(mine, theirs, "staging")

    assert fault.path == ("runnerFleet", "shards", index, "image")


@pytest.mark.parametrize("stack", STACKS)
def test_the_stacks_have_nothing_of_each_other(stack: str) -> None:
    (other,) = (name for name in STACKS if name != stack)

    assert list(copied(raw_sections(stack, {}), raw_sections(other, {}), other)) == []


def test_the_file_beside_is_read_and_the_line_is_told(tmp_path: Path) -> None:
    domain = yaml.safe_load(stack_file_text("staging"))["config"]["packyard:devInstance"]["hostName"]
    text = stack_file_text("production").replace("hostName: dev.packyard.example.com", f"hostName: {domain}")
    file = tmp_path / "Pulumi.production.yaml"
    file.write_text(text, encoding="utf-8")
    (tmp_path / "Pulumi.staging.yaml").write_text(stack_file_text("staging"), encoding="utf-8")
    line = text[: text.index(f"hostName: {domain}")].count("\n") + 1
    config = yaml.safe_load(text)["config"]

    with pytest.raises(SettingsError) as caught:
        parse({key.removeprefix("packyard:"): value for key, value in config.items()}, "production", file)

    assert (line, ("devInstance", "hostName")) in {(fault.line, fault.path) for fault in caught.value.faults}
    assert "one of the two files is wrong" in str(caught.value)
