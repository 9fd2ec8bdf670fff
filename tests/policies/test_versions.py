"""Versions that end: told in time, refused when it is over, and all that the estate uses are in the table."""

from datetime import date, timedelta

import pytest

from policies import check
from policies.versions import endings, versions_in_use
from settings import version_ends
from settings.today import VARIABLE, today
from settings.version_ends import ENDS, NOTICE_DAYS, SOURCES, Product, life_of
from tests.support import estate


def test_the_end_of_every_version_in_use_is_known() -> None:
    uses = list(versions_in_use(estate("staging")))

    assert {use.product for use in uses} == set(Product), "the estate uses one of each"
    assert [use for use in uses if use.life.ends is None] == []


@pytest.mark.parametrize("product", list(Product))
@pytest.mark.parametrize(
    ("left", "expected"),
    [(NOTICE_DAYS + 1, set[str]()), (NOTICE_DAYS, {"told"}), (0, {"told"}), (-1, {"told", "refused"})],
)
def test_a_version_is_told_of_before_its_end_and_refused_after_it(
    monkeypatch: pytest.MonkeyPatch,
    product: Product,
    left: int,
    expected: set[str],
) -> None:
    capture = estate("staging")
    (end,) = {use.life.ends for use in versions_in_use(capture) if use.product is product and use.life.ends}
    monkeypatch.setenv(VARIABLE, (end - timedelta(days=left)).isoformat())
    broken = {found.message for found in check(capture) if found.policy == "versions_have_not_ended"}

    told = {"told" for ending in endings(capture) if ending.product is product}
    refused = {"refused" for message in broken if message.startswith(f"{product} ")}

    assert told | refused == expected


def test_a_version_below_the_table_has_ended_and_one_above_it_has_no_known_end() -> None:
    day = date(2026, 11, 28)

    for product in Product:
        assert life_of(product, "0.1", day).ended
        assert life_of(product, "999", day) == version_ends.Life(None, ended=False, days=None)


def test_a_patch_release_lives_as_long_as_its_version() -> None:
    day = date(2026, 11, 28)

    assert life_of(Product.GITLAB_RUNNER, "19.4.2-1", day) == life_of(Product.GITLAB_RUNNER, "19.4", day)
    assert life_of(Product.GITLAB_RUNNER, "19.40.0-1", day).ends is None


def test_every_product_has_a_source() -> None:
    assert set(SOURCES) == set(ENDS) == set(Product)


def test_the_day_is_the_clocks_unless_one_is_named() -> None:
    assert today({VARIABLE: "2027-02-28"}) == date(2027, 2, 28)
    assert today({}) != date(2027, 2, 28)
    with pytest.raises(ValueError, match="2027-02-29"):
        today({VARIABLE: "2027-02-29"})
