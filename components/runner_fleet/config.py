"""The config.toml of a manager, derived from the settings. No Pulumi here."""

from dataclasses import dataclass

from settings.runner_fleet import runner_config as toml
from settings.runner_fleet.section import (
    AnyShard,
    AwsShard,
    GcpShard,
    RunnerFleetSettings,
)
from settings.vocabulary import Cloud

STATE_DIRECTORY = "/var/lib/runner-manager"
"""Where the data disk is mounted: the SSH key and what the autoscaler knows of its VMs outlive a rebuilt boot disk."""

SSH_KEY_PATH = f"{STATE_DIRECTORY}/ssh/id_ed25519"
"""Made on the manager at its first converge."""

METRICS_PORT = 9252
"""GitLab Runner's usual port for Prometheus."""

REQUEST_CONCURRENCY = 10
"""Most job requests of one entry at once. With 1, a long poll of one entry delays the jobs of all (GitLab Runner,
"Long polling"); FF_USE_ADAPTIVE_REQUEST_CONCURRENCY, which is on by default, stays below it when idle."""

READY_COMMAND = "docker info"
"""Run over SSH before a VM gets its first job: a VM whose Docker does not answer is replaced."""


@dataclass(frozen=True)
class Place:
    """Where the groups and the cache of one cloud are."""

    bucket: str
    region: str
    project: str = ""
    """GCP project id; empty on AWS."""


def plugin(settings: RunnerFleetSettings, cloud: Cloud) -> str:
    """The plugin of a cloud with its release, as config.toml and `fleeting install` want it."""
    return f"aws:{settings.plugins.aws}" if cloud is Cloud.AWS else f"googlecloud:{settings.plugins.googlecloud}"


def runner_config(settings: RunnerFleetSettings, groups: dict[str, str], place: Place) -> toml.RunnerConfig:
    """The file of one manager. `groups` maps the names of its shards to the names of its own groups."""
    entries = tuple(
        _entry(settings, shard, groups[shard.name], place) for shard in settings.shards if shard.name in groups
    )
    listen = "127.0.0.1" if settings.metrics_cidr is None else "0.0.0.0"  # noqa: S104 -- a firewall admits one network
    return toml.RunnerConfig(
        concurrent=sum(entry.limit for entry in entries),
        check_interval=settings.check_interval_seconds,
        listen_address=f"{listen}:{METRICS_PORT}",
        runners=entries,
    )


def _entry(settings: RunnerFleetSettings, shard: AnyShard, group: str, place: Place) -> toml.RunnerEntry:
    return toml.RunnerEntry(
        name=group,
        url=settings.gitlab_url,
        id=shard.runner_id,
        token=f"${toml.token_variable(shard.name)}",
        limit=shard.max_instances,
        request_concurrency=min(shard.max_instances, REQUEST_CONCURRENCY),
        docker=toml.Docker(
            image=shard.docker.image,
            pull_policy=shard.docker.pull_policy,
            privileged=shard.docker.privileged,
            allowed_privileged_images=shard.docker.allowed_privileged_images,
            allowed_privileged_services=shard.docker.allowed_privileged_services,
            volumes=shard.docker.volumes,
        ),
        autoscaler=_autoscaler(settings, shard, group, place),
        cache=_cache(shard, place),
        monitoring=toml.Monitoring(
            job_queuing_durations=(toml.JobQueuingDuration(threshold=f"{settings.acceptable_queue_seconds}s"),)
        ),
    )


def _autoscaler(settings: RunnerFleetSettings, shard: AnyShard, group: str, place: Place) -> toml.Autoscaler:
    return toml.Autoscaler(
        plugin=plugin(settings, shard.cloud),
        max_use_count=shard.max_use_count,
        max_instances=shard.max_instances,
        instance_ready_command=READY_COMMAND,
        plugin_config=_plugin_config(shard, group, place),
        connector_config=toml.ConnectorConfig(
            arch=shard.architecture.value, username=_user(shard), key_path=SSH_KEY_PATH
        ),
        policy=toml.policies(shard.scaling),
        state_storage=toml.StateStorage(enabled=True, dir=f"{STATE_DIRECTORY}/taskscaler/{shard.name}"),
    )


def _plugin_config(shard: AnyShard, group: str, place: Place) -> toml.AwsPluginConfig | toml.GooglePluginConfig:
    match shard:
        case AwsShard():
            return toml.AwsPluginConfig(name=group, region=place.region)
        case GcpShard():
            return toml.GooglePluginConfig(name=group, project=place.project, zone=shard.zone)


def _cache(shard: AnyShard, place: Place) -> toml.AwsCache | toml.GcpCache:
    path = f"{shard.trust}/{shard.architecture}"
    match shard:
        case AwsShard():
            s3 = toml.S3Cache(bucket_name=place.bucket, bucket_location=place.region)
            return toml.AwsCache(path=path, s3=s3)
        case GcpShard():
            return toml.GcpCache(path=path, gcs=toml.GcsCache(bucket_name=place.bucket))


def _user(shard: AnyShard) -> str:
    user = shard.user(shard.cloud)
    if user is None:
        raise ValueError(f"shard {shard.name}: no {shard.system} image on {shard.cloud}")
    return user
