"""Values that stand for one's own are known, told with their lines, and refused where a stack is no example."""

import re
from pathlib import Path

import pytest

from capture import read_stack_file
from preview.placeholders import still_there
from settings.faults import dotted
from settings.placeholders import KINDS, placeholders
from tests.support import STACKS, faults_of, raw_sections, stack_file_text


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_that_is_no_example_may_hold_none(stack: str) -> None:
    found = [dotted(each.path) for each in placeholders(raw_sections(stack, {}))]
    faults = faults_of(stack, {"estate.example": None})

    assert faults_of(stack, {}) == ()
    assert found
    assert sorted(dotted(fault.path) for fault in faults) == sorted(found)


def test_every_kind_stands_in_the_stack_files_as_they_come() -> None:
    found = {each.kind for stack in STACKS for each in placeholders(raw_sections(stack, {}))}

    assert found == {kind for kind, _ in KINDS}


@pytest.mark.parametrize("stack", STACKS)
def test_each_is_told_with_the_line_where_it_stands(stack: str, tmp_path: Path) -> None:
    text = stack_file_text(stack)
    (tmp_path / f"Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")
    lines = text.splitlines()

    for found in still_there(read_stack_file(tmp_path, stack)):
        assert found.line is not None
        assert found.value in lines[found.line - 1]


def test_nothing_that_says_example_is_overlooked() -> None:
    """The files' own words: what says "example" or is all zeros."""
    for stack in STACKS:
        known = {each.value for each in placeholders(raw_sections(stack, {}))}
        values = re.findall(r"^ *(?:- |[\w:]+: )([^#{\[\n]+)$", stack_file_text(stack), re.MULTILINE)

        suspicious = {value.strip('"') for value in values if re.search(r"example|0{8}", value)}
        assert suspicious - known == set()


@pytest.mark.parametrize(
    "value", ["exampleless", "counterexample", "packages.acme.dev", "10.0.0.0/8", "000", "123456789012", "8.8.8.0/24"]
)
def test_what_only_looks_alike_is_none(value: str) -> None:
    assert list(placeholders({"estate": {"owner": value}})) == []
