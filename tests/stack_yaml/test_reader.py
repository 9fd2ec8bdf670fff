"""A stack file means to the preview what it means to the engine, and no file is too large to be refused at once."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import stack_yaml
from settings.positions import lines_by_path
from stack_yaml import YamlFault
from stack_yaml.reader import MOST_BYTES, MOST_DEPTH

ENGINE_READS = json.loads((Path(__file__).parent / "engine_reads.json").read_text(encoding="utf-8"))
"""Scalars without quotes, and what `pulumi config --json` printed for them (CLI 3.259.0). An engine test asks the CLI
again, with others."""


def value_of(scalar: str) -> Any:
    read: Any = stack_yaml.read(f"config:\n  key: {scalar}\n".encode())
    return read["config"]["key"]


@pytest.mark.parametrize("scalar", ENGINE_READS)
def test_a_scalar_is_what_the_engine_reads(scalar: str) -> None:
    assert json.dumps(value_of(scalar)) == json.dumps(ENGINE_READS[scalar])


@pytest.mark.parametrize("scalar", [".inf", "-.inf", ".nan", "!!int x", "!!bool no", "!!python/object:os.system {}"])
def test_a_scalar_that_the_engine_refuses_is_refused_with_its_line(scalar: str) -> None:
    with pytest.raises(YamlFault, match=r"^line 2: .*HINT: "):
        value_of(scalar)


TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")))
LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT
KEYS = st.text("abz019_.-<=~ ").filter(lambda key: key != "<<")
DOCUMENTS = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)


@given(DOCUMENTS)
def test_what_is_written_is_read_back_as_it_was(value: object) -> None:
    assert stack_yaml.read(stack_yaml.written({"config": value}).encode()) == {"config": value}


def test_sections_merge_and_stand_twice_as_in_the_engine() -> None:
    text = b"a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: {<<: [{z: 1}, *a]}\nd: *a\n"

    assert stack_yaml.read(text) == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
        "c": {"x": 1, "y": 2, "z": 1},
        "d": {"x": 1, "y": 2},
    }


def bomb(levels: int) -> str:
    first = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    return first + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, levels))


def chain(length: int) -> str:
    return "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, length))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: " + "[" * 100_000, "nested more than"),
        ("- " * 100_000 + "x", "nested more than"),
        ("a: " + "x" * 60_000_000, "bytes, which is no stack file"),
        ("a: [" + "x, " * 100_000 + "]", "more than"),
        (bomb(9), "aliases written out"),
        (chain(10_000), "nested more than"),
        ("a: &a [*a]", "holds itself"),
        ("a: *b", "undefined alias"),
        ("a: 1\nb: 2\na: 3", "line 3: key 'a' stands twice"),
        ("? [1]\n: 2", "a key that is no text"),
        ("a: {<<: 1}", "takes a section"),
        ("a: 1\n---\nb: 2", "expected a single document"),
        ("a: \x00", "not allowed"),
        ("a:\n\tb: 1", "line 2: "),
    ],
)
def test_a_file_past_a_limit_or_out_of_order_is_one_fault_at_once(text: str, words: str) -> None:
    began = time.monotonic()

    with pytest.raises(YamlFault) as caught:
        stack_yaml.read(text.encode())

    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert time.monotonic() - began < 5, "a limit that is found after the parser has done its work is none"


def test_a_file_within_the_limits_is_read() -> None:
    depth = "a: " + "[" * (MOST_DEPTH - 1) + "]" * (MOST_DEPTH - 1)

    assert stack_yaml.read(depth.encode())
    assert stack_yaml.read(bomb(4).encode())
    assert stack_yaml.read(b"a: " + b"x" * (MOST_BYTES - 3)) is not None


def test_lines_are_found_past_the_same_limits(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("config:\n  packyard:aws:\n    region: x\n  packyard:gcp: " + "[" * 100_000, encoding="utf-8")
    assert lines_by_path(file) == {}
    file.write_text("config:\n  packyard:aws:\n    zones: [a,\n      b]\n", encoding="utf-8")
    assert lines_by_path(file)["aws", "zones", 1] == 4


def test_no_other_reader_of_stack_files_is_left() -> None:
    """The drills and roles read YAML of Ansible and Prometheus, never a stack file."""
    root = Path(stack_yaml.__file__).parent.parent
    readers = {
        str(path.relative_to(root))
        for room in ("settings", "components", "estate", "capture", "policies", "preview", "rehearsal")
        for path in (root / room).rglob("*.py")
        if re.search(r"\byaml\.(safe_load|load|compose|parse)\(", path.read_text(encoding="utf-8"))
    }

    assert readers == set()
    assert yaml.safe_load("no") is False, "which is why"
