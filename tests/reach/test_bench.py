"""The benchmark of reach tells what is found from what is not."""

from dataclasses import replace

import pytest

from tests.reach.grown import grown
from tests.reach.refactorings import REFACTORINGS
from tests.reach.seeds import SEEDS, Kind, Seed
from tests.reach.seeing import told
from tests.support import estate

ONE_OF_EACH: tuple[Seed, ...] = tuple(next(seed for seed in SEEDS if seed.kind is kind) for kind in Kind)
BETWEEN: tuple[Seed, ...] = tuple(seed for seed in SEEDS if seed.kind is Kind.FEDERATION and seed not in ONE_OF_EACH)
"""Here the identities of pools stand between who gets something and what he gets."""


@pytest.mark.parametrize("seed", [*ONE_OF_EACH, *BETWEEN], ids=lambda seed: seed.name)
def test_a_seed_is_found_by_the_table_and_by_the_comparison(seed: Seed) -> None:
    capture = estate("production")
    said = told(capture, seed.change(capture))

    assert said.tables(seed)
    assert said.compares(seed)


@pytest.mark.parametrize("seed", ONE_OF_EACH[:2], ids=lambda seed: seed.name)
def test_what_is_not_changed_is_not_found(seed: Seed) -> None:
    capture = estate("production")
    said = told(capture, replace(capture))

    assert not said.tables(seed)
    assert not said.compares(seed)


def test_somebody_else_is_not_whom_a_seed_means() -> None:
    seed = ONE_OF_EACH[0]
    said = told(estate("production"), seed.change(estate("production")))

    assert not said.tables(replace(seed, who="role somebody-else"))
    assert not said.compares(replace(seed, gets="read secret of-somebody-else"))


def test_every_seed_and_refactoring_says_why_it_is_there() -> None:
    names = [each.name for each in (*SEEDS, *REFACTORINGS)]

    assert len(set(names)) == len(names)
    assert all(each.reason for each in (*SEEDS, *REFACTORINGS))


def test_what_is_grown_is_registered_by_the_program_itself() -> None:
    capture = grown(shards=9, clients=2)
    groups = [entry for entry in capture.resources if entry.kind in ("Group", "InstanceGroupManager")]

    assert len([entry for entry in groups if entry.name.startswith("shard-")]) == 9
    assert any(entry.name.endswith("client-1") for entry in capture.of_type("aws:iam/role:Role"))
