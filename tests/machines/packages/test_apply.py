"""What packagectl makes of the document: the missing alone, and nothing that would break a client."""

import dataclasses
from typing import Any

import pytest
from packages.server.repositories import Found, left_over, refusal, steps
from packages.settings import PackageSettings, parse

from tests.registrations import role_settings
from tests.support import estate

HERE = {
    "socket": "/run/packages-api/socket",
    "contentSocket": "/run/packages-content/socket",
    "manager": "/opt/pulp/bin/pulpcore-manager",
    "metadataPort": 8450,
}


@pytest.fixture
def settings() -> PackageSettings:
    return parse({**role_settings(estate("staging"), "package-server"), "machine": HERE})


def as_wanted(settings: PackageSettings) -> dict[str, Found]:
    """Pulp after an apply."""
    return {
        each.name: Found(each.name, each.format, f"/pulp/{each.name}/", each.codename, each.path)
        for each in settings.repositories
    }


def test_an_empty_pulp_gets_every_repository_and_then_its_place(settings: PackageSettings) -> None:
    todo = steps({}, settings)

    assert [(step.what, step.repository) for step in todo] == [
        (what, each) for each in settings.repositories for what in ("repository", "distribution")
    ]


def test_nothing_is_left_to_do_when_it_is_done(settings: PackageSettings) -> None:
    assert steps(as_wanted(settings), settings) == ()
    assert refusal(as_wanted(settings), settings) is None


def test_a_repository_whose_place_was_not_made_gets_it(settings: PackageSettings) -> None:
    (first, *_) = settings.repositories
    seen = as_wanted(settings)
    seen[first.name] = dataclasses.replace(seen[first.name], path=None)

    assert [(step.what, step.repository.name) for step in steps(seen, settings)] == [("distribution", first.name)]


@pytest.mark.parametrize(("changed", "value"), [("path", "moved/away"), ("codename", "sid"), ("format", "other")])
def test_what_would_break_every_client_is_refused(settings: PackageSettings, changed: str, value: Any) -> None:
    (first, *_) = settings.repositories
    seen = as_wanted(settings)
    seen[first.name] = dataclasses.replace(seen[first.name], **{changed: value})
    refused = refusal(seen, settings)

    assert refused is not None
    assert f"{first.name}: its {changed} is {value}" in refused.message


def test_a_repository_that_the_document_no_longer_names_stays_and_is_told(settings: PackageSettings) -> None:
    seen = as_wanted(settings)
    fewer = dataclasses.replace(settings, repositories=settings.repositories[1:])

    assert steps(seen, fewer) == ()
    assert left_over(seen, fewer) == (settings.repositories[0].name,)
