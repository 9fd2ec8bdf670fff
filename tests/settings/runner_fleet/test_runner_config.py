"""The types of config.toml refuse what would lose jobs, whoever derives them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from settings.runner_fleet.runner_config import RunnerConfig, token_variable
from tests.components.runner_fleet.registered import config_of
from tests.support import estate


def broken(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The file of the AWS managers of production, with one thing changed."""
    config = config_of(estate("production"), "runner-manager-aws-blue")
    change(config)
    return config


def put(path: str, *, value: object) -> Callable[[dict[str, Any]], None]:
    """Sets a value of the second entry, for example "autoscaler.max_instances"."""

    def change(config: dict[str, Any]) -> None:
        table = config["runners"][1]
        *tables, key = path.split(".")
        for step in tables:
            table = table[step]
        table[key] = value

    return change


def put_global(key: str, *, value: object) -> Callable[[dict[str, Any]], None]:
    """Sets a key of the global section."""

    def change(config: dict[str, Any]) -> None:
        config[key] = value

    return change


def group_of_the_first(config: dict[str, Any]) -> None:
    first, second = (entry["autoscaler"]["plugin_config"] for entry in config["runners"][:2])
    second["name"] = first["name"]


def policies_reversed(config: dict[str, Any]) -> None:
    config["runners"][0]["autoscaler"]["policy"].reverse()


def as_many_slots_as_entries(config: dict[str, Any]) -> None:
    for entry in config["runners"]:
        entry["limit"] = entry["autoscaler"]["max_instances"] = 1
    config["concurrent"] = len(config["runners"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put_global("concurrent", value=0), "greater than or equal to 1"),
        (put_global("concurrent", value=64), "sum of the limits"),
        (put_global("request_concurency", value=1), "Extra inputs"),
        (as_many_slots_as_entries, "must exceed the number of entries"),
        (group_of_the_first, "share a group"),
        (policies_reversed, "must match at all times"),
        (put("id", value=101), "same id"),
        (put("id", value=0), "greater than or equal to 1"),
        (put("limit", value=19), "limit 19"),
        (put("token", value="glrt-in-clear"), "pattern"),
        (put("autoscaler.max_instances", value=0), "greater than or equal to 1"),
        (put("autoscaler.capacity_per_instance", value=2), "Input should be 1"),
        (put("autoscaler.plugin", value="aws:latest"), "pattern"),
        (put("autoscaler.policy", value=[]), "at least 1"),
        (put("autoscaler.connector_config.use_external_addr", value=True), "Input should be False"),
        (put("docker.tls_verify", value=True), "Input should be False"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_would_lose_jobs_cannot_be_written(change: Callable[[dict[str, Any]], None], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        RunnerConfig.model_validate_json(json.dumps(broken(change)))


def test_an_untouched_file_is_accepted() -> None:
    assert RunnerConfig.model_validate_json(json.dumps(broken(lambda _: None))).concurrent > 0


def test_an_idle_time_below_a_second_cannot_be_written() -> None:
    config = broken(lambda _: None)
    config["runners"][0]["autoscaler"]["policy"][0]["idle_time"] = "0s"

    with pytest.raises(ValidationError, match="pattern"):
        RunnerConfig.model_validate_json(json.dumps(config))


def test_a_region_is_no_zone() -> None:
    config = config_of(estate("production"), "runner-manager-gcp-blue")
    config["runners"][0]["autoscaler"]["plugin_config"]["zone"] = "us-east1"

    with pytest.raises(ValidationError, match="pattern"):
        RunnerConfig.model_validate_json(json.dumps(config))


def test_token_variables_are_legal_in_a_shell() -> None:
    assert token_variable("gcp-amd64-untrusted-b") == "RUNNER_TOKEN_GCP_AMD64_UNTRUSTED_B"
