"""Silence rings: what an alarm in Cloud Monitoring watches is also asked for where it never began."""

import pytest

from policies import check
from policies.alarms import AWS_MAY_BE_SILENT, GCP_MAY_BE_SILENT
from tests.policies.mutations import Pick, change
from tests.support import STACKS, estate

UNHEARD = Pick("gcp:monitoring/alertPolicy:AlertPolicy", "dev-instance-unheard")
QUERY = "conditions.0.conditionPrometheusQueryLanguage.query"


@pytest.mark.parametrize(
    "broken",
    [
        {QUERY: 'absent_over_time(custom_googleapis_com:packyard_disk_used_ratio{machine="other"}[5m])'},
        {QUERY: 'custom_googleapis_com:packyard_disk_used_ratio{machine="dev-instance"} > 1'},
        {"notificationChannels": ()},
    ],
)
def test_an_alarm_without_one_that_hears_its_silence_is_found(broken: dict[str, object]) -> None:
    capture = change(UNHEARD, broken)(estate("staging")).capture

    assert {found.urn.rpartition("::")[2] for found in check(capture) if found.policy == "silence_rings"} == {
        "dev-instance-disk",
        "dev-instance-converge",
    }


@pytest.mark.parametrize("stack", STACKS)
def test_a_query_for_what_is_not_there_is_the_only_condition_of_its_alarm(stack: str) -> None:
    for alarm in estate(stack).of_type(UNHEARD.type):
        conditions = alarm.inputs["conditions"]
        assert isinstance(conditions, tuple)
        if any("conditionPrometheusQueryLanguage" in str(condition) for condition in conditions):
            assert len(conditions) == 1, "Cloud Monitoring refuses more"


def test_every_exception_has_its_reason() -> None:
    assert all({**AWS_MAY_BE_SILENT, **GCP_MAY_BE_SILENT}.values())
