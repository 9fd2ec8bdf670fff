"""The config.toml that managers are told to write."""

from collections.abc import Iterator
from typing import Any

from capture import Capture
from tests.components.runner_fleet.registered import config_of, entries, managers
from tests.support import estate

KNOWN_KEYS = {
    "": "concurrent check_interval log_format log_level listen_address shutdown_timeout connection_max_age runners",
    "runners": "name url id token executor limit request_concurrency output_limit feature_flags docker autoscaler "
    "cache monitoring",
    "runners.feature_flags": "FF_USE_FLEETING_ACQUIRE_HEARTBEATS",
    "runners.docker": "image pull_policy privileged allowed_privileged_images allowed_privileged_services volumes "
    "tls_verify",
    "runners.autoscaler": "capacity_per_instance max_use_count max_instances plugin plugin_config connector_config "
    "policy state_storage instance_ready_command instance_acquire_timeout update_interval "
    "update_interval_when_expecting deletion_retry_interval delete_instances_on_shutdown failure_threshold "
    "reservation_throttling log_internal_ip",
    "runners.autoscaler.plugin_config": "name region project zone",
    "runners.autoscaler.connector_config": "os arch protocol protocol_port username key_path use_static_credentials "
    "keepalive timeout use_external_addr",
    "runners.autoscaler.policy": "periods timezone idle_count idle_time scale_factor scale_factor_limit "
    "preemptive_mode",
    "runners.autoscaler.state_storage": "enabled dir keep_instance_with_acquisitions",
    "runners.cache": "Type Path Shared s3 gcs",
    "runners.cache.s3": "BucketName BucketLocation AuthenticationType ServerSideEncryption",
    "runners.cache.gcs": "BucketName",
    "runners.monitoring": "job_queuing_durations",
    "runners.monitoring.job_queuing_durations": "periods timezone threshold",
}
"""Keys of config.toml that GitLab Runner 19.4 documents; others it ignores in silence."""


def test_every_key_is_one_that_gitlab_runner_knows(fleet: Capture) -> None:
    for manager in managers(fleet):
        for path, key in table_keys(config_of(fleet, manager)):
            assert key in KNOWN_KEYS[path].split(), f"{manager}: {path}.{key}"


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType] -- parsed JSON


def table_keys(table: Any, path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        yield path, key
        inner = f"{path}.{key}" if path else key
        for part in as_list(value):
            if isinstance(part, dict):
                yield from table_keys(part, inner)


def test_concurrency_is_what_all_entries_may_run_and_more_than_their_number(fleet: Capture) -> None:
    for manager in managers(fleet):
        config = config_of(fleet, manager)
        assert config["concurrent"] == sum(entry["limit"] for entry in config["runners"]) > len(config["runners"])


def test_every_entry_is_complete(swap: Capture) -> None:
    for manager in managers(swap):
        config = config_of(swap, manager)
        ids = [entry["id"] for entry in config["runners"]]
        assert len(set(ids)) == len(ids)
        for entry in config["runners"]:
            scaler = entry["autoscaler"]
            assert scaler["policy"][0]["periods"] == ["* * * * *"]
            assert all(int(policy["idle_time"].removesuffix("s")) >= 1 for policy in scaler["policy"])
            assert all(isinstance(policy["preemptive_mode"], bool) for policy in scaler["policy"])
            assert scaler["plugin"] in ("aws:1", "googlecloud:1")
            assert scaler["plugin_config"].get("region") or scaler["plugin_config"]["zone"]
            assert entry["feature_flags"]["FF_USE_FLEETING_ACQUIRE_HEARTBEATS"] is True


def test_the_first_policy_is_for_all_times_and_schedules_follow() -> None:
    first = config_of(estate("production"), "runner-manager-aws-blue")["runners"][0]["autoscaler"]["policy"]

    assert [policy["periods"] for policy in first] == [["* * * * *"], ["* 10-15 * * mon-fri"]]


def test_untrusted_jobs_have_a_vm_to_themselves_and_are_never_privileged(fleet: Capture) -> None:
    untrusted = [entry for entry in entries(fleet) if entry["cache"]["Path"].startswith("untrusted/")]
    assert untrusted
    for entry in untrusted:
        assert entry["autoscaler"]["max_use_count"] == entry["autoscaler"]["capacity_per_instance"] == 1
        assert entry["docker"]["privileged"] is False
