"""The table of who may do what: what it forbids is told with its path, what changes nothing is not told."""

import re

import pytest

from tests.policies.who_may_mutations import FORBIDDEN, Forbidden
from tests.support import estate


@pytest.mark.parametrize("forbidden", FORBIDDEN, ids=lambda forbidden: forbidden.name)
def test_what_the_table_forbids_is_told_with_its_path(forbidden: Forbidden) -> None:
    capture = forbidden.change(estate("production"))

    told = [finding.message for finding in forbidden.policy(capture)]

    found = [message for message in told if message.startswith(forbidden.who)]
    assert found, told
    assert len(re.findall(r"(?:; |: )\d+\. ", found[0])) == forbidden.steps
    assert all("HINT: " in message for message in told), "a message must say how to mend"
