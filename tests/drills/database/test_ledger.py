from pathlib import Path

from tests.drills.database.ledger import Acknowledgement, Ledger, Loss


def ledger(*entries: tuple[int, float, str]) -> Ledger:
    return Ledger(tuple(Acknowledgement(*entry) for entry in entries))


def test_what_was_acknowledged_and_is_not_there_is_lost() -> None:
    written = ledger((1, 10.0, "pg-a"), (2, 10.1, "pg-a"), (4, 10.4, "pg-a"), (5, 12.0, "pg-b"))

    loss = written.loss({1, 5})

    assert loss.numbers == (2, 4)
    assert round(loss.seconds, 3) == 0.3
    assert str(loss) == "2 commits (0.3 s)"


def test_a_row_that_nobody_was_told_of_is_no_loss() -> None:
    written = ledger((1, 10.0, "pg-a"))

    assert written.loss({1, 2, 3}) == Loss()
    assert str(Loss()) == "nothing"


def test_the_first_commit_after_a_fault_is_found_on_the_host_that_took_over() -> None:
    written = ledger((1, 10.0, "pg-a"), (2, 11.2, "pg-a"), (3, 14.5, "pg-b"))

    first = written.first_after(11.0, "pg-b")

    assert first is not None
    assert first.number == 3
    assert written.first_after(14.5) is None, "nothing was accepted after the last one"


def test_the_longest_gap_is_the_time_that_writes_were_blocked() -> None:
    written = ledger((1, 10.0, "pg-a"), (2, 10.1, "pg-a"), (3, 12.4, "pg-b"), (4, 12.5, "pg-b"))

    assert round(written.longest_gap(), 3) == 2.3
    assert round(written.between(12.0, 13.0).longest_gap(), 3) == 0.1
    assert ledger((1, 10.0, "pg-a")).longest_gap() == 0


def test_a_line_that_is_half_written_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_text('{"number": 1, "at": 10.0, "host": "pg-a"}\n{"number": 2, "at"', encoding="utf-8")

    assert Ledger.read(path) == ledger((1, 10.0, "pg-a"))
    assert Ledger.read(tmp_path / "none") == Ledger()
