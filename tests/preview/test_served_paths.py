"""A change of routes shows as the paths that clients ask for."""

from typing import Any

from preview.compare import compare
from preview.report import EXIT_FINE, EXIT_LOSS, Against, make_report
from preview.served_paths import folders
from tests.support import estate, raw_sections, variant

STACK = "staging"


def changes(**settings: object) -> Any:
    return compare(estate(STACK), variant(STACK, {f"packageServer.{key}": value for key, value in settings.items()}))


def test_a_repository_that_goes_is_a_loss_of_its_folder() -> None:
    repositories = raw_sections(STACK, {})["packageServer"]["repositories"]
    gone, *left = repositories
    comparison = changes(repositories=left)
    lost = folders(comparison.lost_paths)

    assert [folder.place.endswith(f"/{gone['path']}/") for folder in lost] == [True]
    report = make_report(estate(STACK), Against("main", "0123456789", exists=True, comparison=comparison))
    assert report.exit_code == EXIT_LOSS


def test_a_repository_that_comes_is_one_line_and_no_loss() -> None:
    repositories = raw_sections(STACK, {})["packageServer"]["repositories"]
    new = {**repositories[-1], "name": "one-more", "path": "gitlab/one-more"}
    comparison = changes(repositories=[new, *repositories])

    assert comparison.lost_paths == ()
    assert [folder.place.partition("/")[2] for folder in folders(comparison.paths)] == ["gitlab/one-more/"]


def test_what_a_rule_stops_is_told_first_and_is_meant() -> None:
    comparison = changes(
        **{"emergencyStop.repositories": [raw_sections(STACK, {})["packageServer"]["repositories"][0]["path"]]}
    )
    report = make_report(estate(STACK), Against("main", "0123456789", exists=True, comparison=comparison))

    assert {path.new for path in comparison.paths} == {"status 503"}
    assert [folder.place for folder in folders(comparison.lost_paths)] == [folders(comparison.paths)[0].place]
    assert report.exit_code == EXIT_FINE


def test_a_stop_of_everything_loses_all_that_was_served() -> None:
    comparison = changes(**{"emergencyStop.everything": True})

    assert comparison.lost_paths
    assert {path.new for path in comparison.lost_paths} == {"status 503"}


def test_other_priorities_alone_change_no_path() -> None:
    first, *others = raw_sections(STACK, {})["packageServer"]["repositories"]

    assert changes(repositories=[*others, first]).paths == ()
