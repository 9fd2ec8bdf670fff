"""Whatever is declared says what it means: hints, schema, reference and argument specifications are made from it."""

from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from settings.base import Section
from settings.declarations import example, first_sentence, meaning, members, present
from settings.documents import DOCUMENTS
from settings.machine.document import MachineDocument
from settings.places import Place, places
from settings.stack import Settings
from tests.support import faults_of

ROOTS = {"stack file": Settings, "machine": MachineDocument, **DOCUMENTS}


def without_meaning(model: type[BaseModel]) -> Iterator[str]:
    return (f"{place.model.__name__}.{place.path}" for place in places(model) if not meaning(place.field))


def without_example(model: type[BaseModel]) -> Iterator[str]:
    for place in places(model):
        if place.is_leaf and not is_told_by_its_type(place) and example(place.field) is None:
            yield place.path


def is_told_by_its_type(place: Place) -> bool:
    return bool(members(place.field)) or present(place.field).annotation is bool


@pytest.mark.parametrize("root", ROOTS.values(), ids=list(ROOTS))
def test_every_key_says_what_it_means(root: type[BaseModel]) -> None:
    assert list(without_meaning(root)) == [], "write a docstring below the field"


def test_every_value_of_a_stack_file_has_an_example_where_its_type_shows_none() -> None:
    assert list(without_example(Settings)) == []


def test_a_key_without_a_docstring_or_an_example_is_found() -> None:
    class Silent(Section):
        """A section."""

        said: bool
        """It is said."""
        silent: str

    class Around(Section):
        """Around it."""

        inner: Silent

    assert list(without_meaning(Around)) == ["Silent.inner.silent"]
    assert list(without_example(Around)) == ["inner.silent"]


def test_a_fault_says_what_the_value_means() -> None:
    (fault,) = faults_of("staging", {"databasePair.keptFullBackups.gcs": 0})
    field = next(place.field for place in places(Settings) if place.path == "databasePair.keptFullBackups.gcs")

    assert first_sentence(meaning(field)) in fault.right
