"""Who may be the primary: epochs and tokens, over generated histories."""

import json
import threading
from pathlib import Path

import pytest
from host.errors import HostError
from host.programs import CommandError
from hypothesis import given
from hypothesis import strategies as st
from pair import settings
from pair.succession import fence
from pair.succession.fence import Kind, Reading, Standing

from tests.machines.pair.hosts import pair_settings, without_root
from tests.machines.pair.sights import UNREADABLE, A, B, both, reading, token

epochs = st.integers(0, 5)
readings = st.lists(
    st.one_of(
        st.builds(reading, epochs, st.sampled_from((A, B)), st.sampled_from(Kind), st.sampled_from((1, 2))),
        st.builds(Reading, st.sampled_from((1, 2))),
        st.sampled_from(UNREADABLE),
    ),
    max_size=2,
).map(tuple)


@given(epochs, readings)
def test_an_outranking_token_in_any_repository_decides(epoch: int, known: tuple[Reading, ...]) -> None:
    others = [each.token.epoch for each in known if each.token and each.token.holder == B]

    outranked = fence.standing(A, epoch, known) is Standing.OUTRANKED

    assert outranked == any(other >= epoch for other in others)


@given(epochs, readings)
def test_a_host_is_free_only_when_a_repository_answered(epoch: int, known: tuple[Reading, ...]) -> None:
    if fence.standing(A, epoch, known) is Standing.FREE:
        assert any(each.is_readable for each in known)
    if all(not each.is_readable for each in known):
        assert fence.standing(A, epoch, known) is Standing.UNKNOWN


@given(st.lists(st.sampled_from((A, B)), min_size=1, max_size=8), st.data())
def test_after_any_history_of_promotions_one_host_alone_is_free(holders: list[str], data: st.DataObject) -> None:
    """Each promotion reaches at least one repository; the other one may keep an old token."""
    kept: dict[int, Reading] = {1: Reading(1), 2: Reading(2)}
    own = {A: 0, B: 0}
    for epoch, holder in enumerate(holders, start=1):
        own[holder] = epoch
        for repository in data.draw(st.sampled_from(((1,), (2,), (1, 2)))):
            kept[repository] = reading(epoch, holder, repository=repository)
    known = tuple(kept.values())

    free = {host for host in (A, B) if fence.standing(host, own[host], known) is Standing.FREE}

    # A host that never was the primary has epoch 0 and no PGDATA that could start as one.
    assert {host for host in free if own[host]} == {holders[-1]}


@given(epochs.filter(bool))
def test_two_hosts_that_took_one_epoch_both_yield(epoch: int) -> None:
    known = (reading(epoch, A, repository=1), reading(epoch, B, repository=2))

    assert {fence.standing(host, epoch, known) for host in (A, B)} == {Standing.OUTRANKED}


@given(epochs, readings)
def test_a_host_follows_its_own_newer_token_and_no_other(epoch: int, known: tuple[Reading, ...]) -> None:
    own = [each.token.epoch for each in known if each.token and each.token.holder == A]

    assert fence.followed(A, epoch, known) == max([epoch, *own])


@given(epochs, st.sampled_from(Kind))
def test_a_token_survives_its_repository(epoch: int, kind: Kind) -> None:
    written = token(epoch, A, kind)

    assert fence.parse(fence.text_of(written)) == written


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b'{"epoch": 1}', b'{"epoch": "x"}', b"\xff"])
def test_a_damaged_token_is_no_token_and_says_so(text: bytes) -> None:
    with pytest.raises(HostError, match="damaged"):
        fence.parse(text)


def test_a_damaged_token_counts_as_a_repository_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> bytes:
        return b"{"

    monkeypatch.setattr("pair.repositories.pgbackrest.repo_get", damaged)

    known = fence.read(pair_settings(A, tmp_path))

    assert fence.standing(A, 1, known) is Standing.UNKNOWN


def test_a_repository_that_is_away_is_told_of_and_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_is_away(_: settings.PairSettings, repository: int, *__: object) -> bytes | None:
        if repository == 1:
            raise CommandError("no route to it")
        return fence.text_of(token(4, B))

    monkeypatch.setattr("pair.repositories.pgbackrest.repo_get", one_is_away)

    first, second = fence.read(pair_settings(A, tmp_path))

    assert (first.error, second.token) == ("no route to it", token(4, B))


def test_a_repository_that_does_not_answer_holds_nobody_up_who_has_the_other_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()

    def repo_get(_: object, number: int, path: str, timeout: float) -> bytes:
        del path
        if number == 2:
            answers.wait(timeout)
        return fence.text_of(token(3, A))

    monkeypatch.setattr("pair.repositories.pgbackrest.repo_get", repo_get)

    first, second = fence.read(pair_settings(A, tmp_path), 60, 0.1)
    answers.set()

    assert first.token is not None
    assert not second.is_readable
    assert "no answer" in second.error


def test_the_epoch_outlives_its_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_root(monkeypatch, tmp_path)
    known = pair_settings(A, tmp_path)

    before = fence.local_epoch(known)
    fence.write_epoch(known, 7)

    assert (before, fence.local_epoch(known)) == (0, 7)
    assert json.loads((known.server.state / "epoch").read_text()) == {"epoch": 7}


def test_a_damaged_epoch_is_no_low_epoch(tmp_path: Path) -> None:
    path = tmp_path / "epoch"
    path.write_text("")

    with pytest.raises(HostError, match="epoch"):
        fence.read_epoch(path)


def test_the_highest_token_is_shown() -> None:
    known = (reading(2, A), reading(3, B, repository=2))

    assert fence.highest(known) == token(3, B)
    assert fence.highest(UNREADABLE) is None
    assert fence.unreadable((*UNREADABLE[:1], *both(1, A)[1:])) == {1}
