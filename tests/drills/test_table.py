from tests.drills.table import HEADINGS, PAGE, Part, Row, markdown, part_of_page, with_part

PAIR, FLEET = Part("Database pair", "Two hosts.\n"), Part("Runner fleet", "Many hosts.\n")


def part(system: Part, rows: list[Row]) -> str:
    return part_of_page(system, rows, date="2026-11-21", machine="2 cores", minutes=12.4)


def test_a_drill_that_failed_stays_in_the_table_with_its_reason() -> None:
    rows = [Row("a", "power", lost="nothing", writes_again=1.25), Row("b", "link", failure="pg-b is | no primary")]

    text = markdown(rows)

    assert "| a | power | nothing | 1.2 s | - | - | held |" in text
    assert "| b | link | - | - | - | - | failed: pg-b is / no primary |" in text
    assert "2 drills, 1 failed" in part(PAIR, rows)


def test_every_line_of_the_table_has_all_columns() -> None:
    lines = markdown([Row("a", "line\nbreak", mutations=["cap removed: slot kept", "guard off: started"])]).splitlines()

    assert {line.count("|") for line in lines} == {len(HEADINGS) + 1}
    assert "all held" in part(PAIR, [Row("a", "b")])


def test_a_run_of_one_system_leaves_the_parts_of_the_others() -> None:
    both = with_part(with_part("", PAIR, part(PAIR, [Row("a", "power")])), FLEET, part(FLEET, [Row("b", "manager")]))

    again = with_part(both, PAIR, part(PAIR, [Row("c", "link")]))

    assert "| b | manager |" in again
    assert "| c | link |" in again
    assert "| a | power |" not in again
    assert with_part(again, FLEET, part(FLEET, [Row("b", "manager")])) == again


def test_the_page_in_the_repository_is_one_that_a_run_would_write() -> None:
    page = PAGE.read_text(encoding="utf-8")
    (title, text) = page.split("\n## ")[1].split("\n", 1)

    assert with_part(page, Part(title, ""), f"## {title}\n{text}") == page
