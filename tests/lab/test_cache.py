"""The cache of what is costly: whole or not at all, made once, and never without end."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from lab.errors import LabError
from lab.machines import cache


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PACKYARD_CACHE", str(tmp_path))
    return tmp_path


def digest(number: int) -> str:
    return cache.digest_of([str(number).encode()])


def nothing(_: Path) -> None:
    """Makes an empty folder."""


def test_one_that_cannot_be_made_leaves_nothing_that_looks_like_one(folder: Path) -> None:
    def fail(half: Path) -> None:
        (half / "half").touch()
        raise RuntimeError("no mirror")

    with pytest.raises(RuntimeError, match="no mirror"):
        cache.kept("root", digest(1), fail)

    assert [path.name for path in folder.iterdir()] == ["root.lock"]
    assert not cache.folder_of("root", digest(1)).exists()


def test_runs_at_once_make_it_once() -> None:
    made: list[Path] = []

    def make(half: Path) -> None:
        made.append(half)
        time.sleep(0.1)

    with ThreadPoolExecutor(4) as pool:
        begun = [pool.submit(cache.kept, "root", digest(1), make) for _ in range(4)]
        folders = [each.result() for each in begun]

    assert len(made) == 1
    assert len(set(folders)) == 1


def test_whoever_makes_one_or_waits_for_another_run_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    begun = Event()

    def make(_: Path) -> None:
        begun.set()
        time.sleep(0.3)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(cache.kept, "root", digest(1), make)
        assert begun.wait(10)
        assert cache.kept("root", digest(1), nothing) == first.result()
    cache.kept("proof", digest(1), nothing, is_told=False)

    assert capsys.readouterr().err.splitlines() == [
        "Makes root, which stays in the cache: a minute or several",
        "Waits for another run that makes root",
    ]


def test_what_a_killed_run_left_goes_when_the_next_one_makes_it(folder: Path) -> None:
    left = folder / "root-half-killed"
    left.mkdir()

    cache.kept("root", digest(1), nothing)

    assert not left.exists()


def test_those_used_last_stay_and_none_goes_that_a_run_may_still_use(folder: Path) -> None:
    old, recent = range(cache.KEPT + 2), range(100, 102)
    for number in (*old, *recent):
        cache.kept("root", digest(number), nothing)
    cache.kept("root-of-another-kind", digest(0), nothing)
    weeks_ago = time.time() - 14 * cache.DAY
    for number in old:
        os.utime(folder / f"root-{digest(number)}", (weeks_ago + number, weeks_ago + number))
    os.utime(folder / f"root-of-another-kind-{digest(0)}", (weeks_ago, weeks_ago))

    cache.kept("root", digest(200), nothing)

    left = {path.name for path in folder.iterdir() if path.is_dir()}
    kept = {f"root-{digest(number)}" for number in (*recent, 200)}
    assert left == kept | {f"root-of-another-kind-{digest(0)}"}


def test_the_digest_tells_apart_inputs_that_meet_at_another_place() -> None:
    assert cache.digest_of([b"ab", b"c"]) != cache.digest_of([b"a", b"bc"])


def test_a_cache_that_somebody_else_may_write_to_is_refused_before_anything_is_written(folder: Path) -> None:
    (folder / "root.lock").symlink_to(folder / "target")
    folder.chmod(0o777)

    with pytest.raises(LabError, match=rf"{folder}: somebody else may write to {folder}.*HINT: PACKYARD_CACHE="):
        cache.kept("root", digest(1), nothing)

    assert not (folder / "target").exists()


def test_a_cache_below_a_folder_that_somebody_else_may_write_to_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.chmod(0o777)
    monkeypatch.setenv("PACKYARD_CACHE", str(folder / "own"))

    with pytest.raises(LabError, match="somebody else may write to"):
        cache.kept("root", digest(1), nothing)
