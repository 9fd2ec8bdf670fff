from tests.drills.table import HEADINGS, Row, markdown, page


def test_a_drill_that_failed_stays_in_the_table_with_its_reason() -> None:
    rows = [Row("a", "power", lost="nothing", writes_again=1.25), Row("b", "link", failure="pg-b is | no primary")]

    text = markdown(rows)

    assert "| a | power | nothing | 1.2 s | - | - | held |" in text
    assert "| b | link | - | - | - | - | failed: pg-b is / no primary |" in text
    assert "2 drills, 1 failed" in page(rows, "2026-11-21", "2 cores", 12.4)


def test_every_line_of_the_table_has_all_columns() -> None:
    lines = markdown([Row("a", "line\nbreak", mutations=["cap removed: slot kept", "guard off: started"])]).splitlines()

    assert {line.count("|") for line in lines} == {len(HEADINGS) + 1}
    assert "all held" in page([Row("a", "b")], "2026-11-21", "2 cores", 1)
