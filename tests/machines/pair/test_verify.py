"""pairctl verify: what pgBackRest 2.55.1 really wrote about sound and damaged repositories, and what it did not tell.

The texts were taken from a repository that was damaged on purpose; pgBackRest exited with 0 each time.
"""

import argparse
import fcntl
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from host.errors import HostError
from host.programs import CommandError, Finished
from hypothesis import given
from hypothesis import strategies as st
from pair.commands import verify
from pair.repositories import in_use, proofs, turn, verify_text
from pair.repositories.proofs import Proof, Result

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


class Repository:
    """pgBackRest's answers about one repository."""

    def __init__(self) -> None:
        self.verify = CLEAN
        self.errors = ""
        self.info = [INFO]
        self.archive = ARCHIVE
        self.histories: dict[str, str] = {}
        self.is_away = False

    def run(self, _: object, command: str, *options: str, **more: object) -> Finished:
        del more
        if self.is_away:
            raise CommandError("pgbackrest ended with 103: unable to connect")
        if command == "verify":
            assert "--verbose" in options, "without it a clean repository says nothing at all"
            return Finished(0, self.verify, self.errors)
        return Finished(0, self.info.pop() if len(self.info) > 1 else self.info[0], "")

    def objects(self, _: object, words: list[str], **more: object) -> Finished:
        """repo-ls and repo-get."""
        del more
        if "repo-ls" in words:
            return Finished(0, self.archive, "")
        (name,) = (word for word in words if word.endswith(".history"))
        assert name.startswith("archive/main/17-1/")
        assert "--raw" not in words, "else it comes encrypted"
        if (history := self.histories.get(name.rpartition("/")[2])) is None:
            raise CommandError("pgbackrest ended with 42: unable to read it")
        return Finished(0, history, "")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = Repository()
    without_root(monkeypatch, tmp_path)
    monkeypatch.setattr("pair.repositories.pgbackrest.run", made.run)
    monkeypatch.setattr("pair.server.postgres_user.run", made.objects)
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


def promoted(repository: Repository) -> None:
    """A repository after two promotions, which pgBackRest 2.55.1 calls sound."""
    repository.info, repository.archive = [text("info_promoted.json")], text("archive_promoted.json")
    repository.histories = {name: text(name) for name in ("00000002.history", "00000003.history")}
    labels = {"20261121-163212F_20261121-163214D": "20261128-035712F_20261128-035717D", "20261121-163212F": LATER}
    for before, after in labels.items():
        repository.verify = repository.verify.replace(before, after)


LATER = "20261128-035712F"


def test_the_archive_of_promotions_is_clean_by_its_histories(repository: Repository, tmp_path: Path) -> None:
    promoted(repository)

    assert verified(tmp_path)[0] == 0


def without_a_history(repository: Repository) -> None:
    promoted(repository)
    del repository.histories["00000003.history"]


def with_a_history_of_another(repository: Repository) -> None:
    promoted(repository)
    repository.histories["00000002.history"] = repository.histories["00000003.history"]


def with_a_cut_history(repository: Repository) -> None:
    promoted(repository)
    repository.histories["00000003.history"] = repository.histories["00000003.history"][:-40]


def with_an_empty_history(repository: Repository) -> None:
    promoted(repository)
    repository.histories["00000003.history"] = ""


DAMAGED_HISTORIES = [without_a_history, with_a_history_of_another, with_a_cut_history, with_an_empty_history]


@pytest.mark.parametrize("damage", [*DAMAGED_HISTORIES, lost_segment, damaged, complaining, away, emptied])
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


def test_nothing_is_verified_while_pgbackrest_is_upgraded(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.is_away = True
    monkeypatch.setattr(in_use, "PATIENCE", 0)

    with in_use.FILE.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(HostError, match=r"holds .*lock"):
            verified(tmp_path)

    assert proofs.results(Proof.VERIFY, [1]) == (), "it was not asked, so nothing is told of it"
