"""pairctl verify: what pgBackRest 2.55.1 really wrote about sound and damaged repositories, and what it did not tell.

The texts were taken from a repository that was damaged on purpose; pgBackRest exited with 0 each time.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from host.errors import HostError
from host.programs import CommandError, Finished
from hypothesis import given
from hypothesis import strategies as st
from pair.commands import verify
from pair.repositories import archive_gaps, info, proofs, turn, verify_text
from pair.repositories.proofs import Proof, Result
from pair.server.wal import Segment

from tests.machines.pair.backups import backup
from tests.machines.pair.hosts import pair_settings, without_root

TEXTS = Path(__file__).parent / "texts"
LABELS = frozenset({"20261121-163212F", "20261121-163212F_20261121-163214D"})


def text(name: str) -> str:
    return (TEXTS / name).read_text()


CLEAN, INFO, ARCHIVE = text("verify_clean.txt"), text("info.json"), text("archive.json")


def test_a_sound_repository_is_clean() -> None:
    assert verify_text.faults(CLEAN, LABELS) == ()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("flipped_backup", "backup 20261121-163212F is invalid: 966 of 967 files are sound"),
        ("truncated", "backup 20261121-163212F is invalid: 186 of 967 files are sound"),
        ("manifest_gone", "backup 20261121-163212F is manifest missing: 0 of 0 files are sound"),
        ("backup_gone", "backup 20261121-163212F was not checked"),
        ("out_of_reach", "No usable backup.info file"),
    ],
)
def test_damage_is_named(name: str, words: str) -> None:
    assert words in verify_text.faults(text(f"verify_{name}.txt"), LABELS)


def test_pgbackrest_itself_calls_a_backup_without_manifest_ok() -> None:
    assert "status: ok" in text("verify_manifest_gone.txt"), "else this module could be simpler"


def test_a_text_that_was_cut_off_or_is_empty_proves_nothing() -> None:
    lines = CLEAN.splitlines()

    for length in range(len(lines) - 1):
        assert verify_text.faults("\n".join(lines[:length]), LABELS), f"{length} lines are not all of it"


@given(line=st.integers(1, len(CLEAN.splitlines()) - 1), words=st.text("abcdefg :0123456789", min_size=1, max_size=20))
def test_a_line_that_is_not_known_is_a_fault(line: int, words: str) -> None:
    lines = CLEAN.splitlines()
    lines[line] = f"{lines[line]}{words}x"

    assert verify_text.faults("\n".join(lines), LABELS)


@pytest.mark.parametrize("kind", ["missing", "checksum invalid", "size invalid", "other"])
def test_one_of_any_kind_is_a_fault(kind: str) -> None:
    assert verify_text.faults(CLEAN.replace(f"{kind}: 0", f"{kind}: 1", 1), LABELS)


def test_a_backup_that_is_being_made_is_none() -> None:
    line = "  backup: 20261122-000000F, status: in-progress, total files checked: 0, total valid files: 0\n"

    assert verify_text.faults(CLEAN + line, LABELS) == ()
    assert verify_text.faults(CLEAN + line, LABELS | {"20261122-000000F"})


def segments(*numbers: int, timeline: int = 1) -> frozenset[Segment]:
    return frozenset(Segment(timeline, number) for number in numbers)


BACKUPS = next(each.backups for each in info.parse(INFO) if each.number == 1)


def test_an_archive_without_gaps_is_whole() -> None:
    assert archive_gaps.gaps(archive_gaps.listed(ARCHIVE), BACKUPS) == archive_gaps.Gaps((), ())


def test_each_lost_segment_is_noticed() -> None:
    whole = archive_gaps.listed(ARCHIVE)
    assert whole == segments(*range(1, 8))

    for number in (2, 3, 4, 5, 6, 7):
        found = archive_gaps.gaps(whole - segments(number), BACKUPS)
        assert found.faults or found.notes, f"segment {number}"


def test_a_backup_without_its_own_wal_cannot_be_restored_at_all() -> None:
    found = archive_gaps.gaps(archive_gaps.listed(ARCHIVE) - segments(3), BACKUPS)

    assert found.faults == ("backup 20261121-163212F lacks WAL 000000010000000000000003",)


def test_a_gap_is_a_fault_until_a_newer_backup_makes_it_history() -> None:
    before = [backup("first", 3)]
    after = [*before, backup("second", 20)]
    present = segments(*range(3, 10), *range(15, 25))

    assert archive_gaps.gaps(present, before).faults == (
        "WAL 00000001000000000000000A to 00000001000000000000000E is missing after the newest backup",
    )
    assert archive_gaps.gaps(present, after).faults == ()
    assert len(archive_gaps.gaps(present, after).notes) == 1


def test_a_promotion_is_no_gap_and_what_lies_between_two_timelines_may_be() -> None:
    backups = [backup("first", 3)]

    assert archive_gaps.gaps(segments(3, 4, 5) | segments(5, 6, timeline=2), backups).faults == ()
    assert archive_gaps.gaps(segments(3, 4, 5) | segments(6, 7, timeline=2), backups).faults == ()
    assert archive_gaps.gaps(segments(3, 4, 5, 6, 7) | segments(5, 6, timeline=2), backups).faults == ()
    assert archive_gaps.gaps(segments(3, 4, 5) | segments(8, timeline=2), backups).faults == (
        "WAL between 000000010000000000000005 and 000000020000000000000008 is missing",
    )


def test_what_is_no_listing_is_refused() -> None:
    for wrong in ("", "[", "not found"):
        with pytest.raises(HostError):
            archive_gaps.listed(wrong)
        with pytest.raises(HostError):
            info.parse(wrong)


class Repository:
    """pgBackRest's answers about one repository."""

    def __init__(self) -> None:
        self.verify = CLEAN
        self.errors = ""
        self.info = [INFO]
        self.archive = ARCHIVE
        self.is_away = False

    def run(self, _: object, command: str, *options: str, **more: object) -> Finished:
        del more
        if self.is_away:
            raise CommandError("pgbackrest ended with 103: unable to connect")
        if command == "verify":
            assert "--verbose" in options, "without it a clean repository says nothing at all"
            return Finished(0, self.verify, self.errors)
        return Finished(0, self.info.pop() if len(self.info) > 1 else self.info[0], "")

    def list(self, *_: object, **more: object) -> Finished:
        del more
        return Finished(0, self.archive, "")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = Repository()
    without_root(monkeypatch, tmp_path)
    monkeypatch.setattr("pair.repositories.pgbackrest.run", made.run)
    monkeypatch.setattr("pair.server.postgres_user.run", made.list)
    monkeypatch.setattr(verify, "SETTLES", 0)
    monkeypatch.setattr("host.metrics.FOLDER", tmp_path)

    def nothing(*_: object) -> None:
        """No token in a test."""

    monkeypatch.setattr(turn, "refresh", nothing)
    return made


def verified(tmp_path: Path) -> tuple[int, Result]:
    status = verify.run(argparse.Namespace(repository=1), pair_settings("pg-b", tmp_path))
    (result,) = proofs.results(Proof.VERIFY, [1, 2])
    return status, result


def test_a_clean_repository_is_noted_as_proof(repository: Repository, tmp_path: Path) -> None:
    status, result = verified(tmp_path)

    assert (status, result.good) == (0, True)
    assert result.last_good > 0
    assert repository.errors == ""


def lost_segment(repository: Repository) -> None:
    listing = json.loads(repository.archive)
    (name,) = (each for each in listing if "000000010000000000000003-" in each)
    del listing[name]
    repository.archive = json.dumps(listing)


def damaged(repository: Repository) -> None:
    repository.verify = text("verify_flipped_backup.txt")


def complaining(repository: Repository) -> None:
    repository.errors = "P00   WARN: something new"


def away(repository: Repository) -> None:
    repository.is_away = True


def emptied(repository: Repository) -> None:
    repository.info = ["[]"]


@pytest.mark.parametrize("damage", [lost_segment, damaged, complaining, away, emptied])
def test_whatever_is_not_clean_is_told_and_keeps_the_time_of_the_last_proof(
    damage: Callable[[Repository], None], repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, before = verified(tmp_path)
    damage(repository)

    status, result = verified(tmp_path)

    assert (status, result.good) == (1, False)
    assert result.last_good == before.last_good
    assert "repository 1: " in capsys.readouterr().err


def test_a_backup_that_was_made_or_expired_meanwhile_is_no_fault(repository: Repository, tmp_path: Path) -> None:
    more = json.loads(INFO)
    newer = json.loads(json.dumps(more[0]["backup"][0])) | {"label": "20261122-010000F"}
    more[0]["backup"].append(newer)
    repository.info = [json.dumps(more), INFO]

    assert verified(tmp_path)[0] == 0
