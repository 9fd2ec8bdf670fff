"""The config.toml of GitLab Runner as types: what the runner-manager role renders, key by key, and adds nothing to.

GitLab Runner ignores keys that it does not know, so a misspelt one would pass in silence; here it cannot be written.
Field names, or their aliases, are the keys of the file (GitLab Runner 19.4, advanced configuration).
"""

import re
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from settings.base import Section
from settings.runner_fleet.periods import CATCH_ALL_PERIOD
from settings.runner_fleet.section import Scaling, ScalingPolicy, ScheduledPolicy

Duration = Annotated[str, Field(pattern=r"^[1-9][0-9]*(s|m|h)$", examples=["300s"])]
"""A Go duration of at least one unit."""


class Table(Section):
    """A table of config.toml. Unlike a stack file, its keys are those of GitLab Runner."""

    model_config = ConfigDict(alias_generator=None, validate_by_name=True)


class AwsPluginConfig(Table):
    """Where the plugin for AWS finds its group. Credentials come from the machine's own role."""

    name: str
    """Name of the Auto Scaling group."""
    region: str
    """Always set: a missing region is the commonest fault of a first set-up (gitlab#408131)."""


class GooglePluginConfig(Table):
    """Where the plugin for Google Cloud finds its group. Credentials come from the machine's own service account."""

    name: str
    """Name of the managed instance group."""
    project: str
    """Project of the group."""
    zone: Annotated[str, Field(pattern=r"^[a-z]+-[a-z]+[0-9]+-[a-z]$")]
    """A zone; with a region the plugin answers 404."""


class ConnectorConfig(Table):
    """How the manager reaches a worker."""

    os: Literal["linux"] = "linux"
    """Operating system of a worker."""
    arch: Literal["amd64", "arm64"]
    """Its processor architecture."""
    protocol: Literal["ssh"] = "ssh"
    """How it is entered."""
    protocol_port: Literal[22] = 22
    """TCP port of its SSH daemon."""
    username: str
    """User that the manager logs in as, who may use Docker."""
    key_path: str
    """One key, made on the manager. Without it the plugin makes an RSA-4096 key for each connection, which takes half a
    minute (gitlab#408131)."""
    use_static_credentials: Literal[False] = False
    """False: the key is still pushed to each worker by the cloud, so no image or template holds it."""
    keepalive: Duration = "30s"
    """How often an idle connection is proven alive."""
    timeout: Duration = "5m"
    """How long a connection is tried."""
    use_external_addr: Literal[False] = False
    """Workers have no public address."""


class Policy(Table):
    """A scaling policy. Of several that match, the last counts."""

    periods: Annotated[tuple[str, ...], Field(min_length=1)]
    """When it holds, as cron fields."""
    timezone: str
    """Time zone of the periods."""
    idle_count: int
    """Idle VMs that wait for jobs."""
    idle_time: Duration
    """How long a VM may be idle before it is removed."""
    scale_factor: float
    """Idle VMs in proportion to those in use; 0.0 asks for none."""
    scale_factor_limit: int
    """Most idle VMs that the scale factor may ask for."""
    preemptive_mode: bool
    """A job is taken only when an idle VM is ready for it."""


class StateStorage(Table):
    """What lets a restarted manager keep the idle VMs of its group instead of removing them all."""

    enabled: bool
    """State is kept."""
    dir: str
    """One for each entry; the default is keyed by the shortened token and moves when the token does."""
    keep_instance_with_acquisitions: Literal[False] = False
    """Jobs cannot be resumed, so a VM that had one is worth nothing."""


class Autoscaler(Table):
    """The autoscaler of one entry: plugin, group, connector and policies."""

    plugin: Annotated[str, Field(pattern=r"^(aws|googlecloud):[0-9]+(\.[0-9]+){0,2}$")]
    """Plugin and its release."""
    capacity_per_instance: Literal[1] = 1
    """One job at a time on a VM: jobs of one VM share its Docker daemon and its disk."""
    max_use_count: Annotated[int, Field(ge=1)]
    """Jobs in the life of a VM."""
    max_instances: Annotated[int, Field(ge=1)]
    """0 would mean without limit."""
    instance_ready_command: str
    """Ends well on a VM that can take a job."""
    instance_acquire_timeout: Duration = "15m"
    """How long a job waits for a VM before it fails."""
    update_interval: Duration = "1m"
    """How often the group is asked for its VMs."""
    update_interval_when_expecting: Duration = "2s"
    """The same while one is awaited."""
    deletion_retry_interval: Duration = "1m"
    """How often a deletion is asked for again."""
    failure_threshold: int = 3
    """Failed health checks after which a VM is removed."""
    delete_instances_on_shutdown: Literal[False] = False
    """It does not run after a crash and had faults of its own (runner#37642); the age limit of workers does the job."""
    reservation_throttling: Literal[False] = False
    """On by default, and "more of a hindrance than a help" (runner#39161)."""
    log_internal_ip: bool = True
    """The address of a job's VM is written into the runner's log."""
    plugin_config: AwsPluginConfig | GooglePluginConfig
    """Where the group is."""
    connector_config: ConnectorConfig
    policy: Annotated[tuple[Policy, ...], Field(min_length=1)]
    """Scaling policies; the first holds at all times."""
    state_storage: StateStorage

    @model_validator(mode="after")
    def _first_policy_always_matches(self) -> Self:
        if self.policy[0].periods != (CATCH_ALL_PERIOD,):
            raise ValueError("the first policy must match at all times, or a VM can be killed in the middle of a job")
        return self


class Docker(Table):
    """The Docker executor."""

    image: str
    """For jobs that name none."""
    tls_verify: Literal[False] = False
    """docker-autoscaler talks to the daemon through its own tunnel (gitlab#408131)."""
    pull_policy: tuple[str, ...]
    """When an image is fetched; each is tried after the one before has failed."""
    privileged: bool
    """Whether jobs may be root on their worker."""
    allowed_privileged_images: tuple[str, ...]
    """The only images that may run privileged."""
    allowed_privileged_services: tuple[str, ...]
    """The only services that may run privileged."""
    volumes: tuple[str, ...]
    """Paths in each job's container that are volumes."""


class S3Cache(Table):
    """A bucket on AWS. URLs are signed on the manager, so workers need no rights of their own."""

    bucket_name: Annotated[str, Field(alias="BucketName")]
    """Name of the bucket."""
    bucket_location: Annotated[str, Field(alias="BucketLocation")]
    """AWS region of the bucket."""
    authentication_type: Annotated[Literal["iam"], Field(alias="AuthenticationType")] = "iam"
    """The manager's own role signs."""
    server_side_encryption: Annotated[Literal["S3"], Field(alias="ServerSideEncryption")] = "S3"
    """Objects are encrypted with keys of S3."""


class GcsCache(Table):
    """A bucket on GCP. URLs are signed by the manager's own service account."""

    bucket_name: Annotated[str, Field(alias="BucketName")]
    """Name of the bucket."""


class AwsCache(Table):
    """The cache of entries on AWS."""

    type: Annotated[Literal["s3"], Field(alias="Type")] = "s3"
    """Kind of cache."""
    path: Annotated[str, Field(alias="Path")]
    """One for each trust tier and architecture: a cache that an untrusted job wrote must not reach a protected one."""
    shared: Annotated[Literal[True], Field(alias="Shared")] = True
    """Shards of one tier and architecture share; otherwise the runner's token is part of every key."""
    s3: S3Cache


class GcpCache(Table):
    """The cache of entries on GCP."""

    type: Annotated[Literal["gcs"], Field(alias="Type")] = "gcs"
    """Kind of cache."""
    path: Annotated[str, Field(alias="Path")]
    """As on AWS."""
    shared: Annotated[Literal[True], Field(alias="Shared")] = True
    """As on AWS."""
    gcs: GcsCache


class FeatureFlags(Table):
    """Flags that differ from their defaults."""

    acquire_heartbeats: Annotated[Literal[True], Field(alias="FF_USE_FLEETING_ACQUIRE_HEARTBEATS")] = True
    """Asks a VM for a sign of life before it gets a job: spot VMs vanish without a word."""


class JobQueuingDuration(Table):
    """How long a job may wait before it counts as late."""

    periods: tuple[str, ...] = (CATCH_ALL_PERIOD,)
    """When it counts, as cron fields."""
    timezone: str = "UTC"
    """Time zone of the periods."""
    threshold: Duration
    """A job that waits longer counts as late."""


class Monitoring(Table):
    """Watching the queue."""

    job_queuing_durations: tuple[JobQueuingDuration, ...]
    """What counts as late, and when."""


class RunnerEntry(Table):
    """One [[runners]] entry: a shard."""

    name: str
    """Name of the shard."""
    url: str
    """The GitLab instance."""
    id: Annotated[int, Field(ge=1)]
    """Numeric id of the runner in GitLab."""
    token: Annotated[str, Field(pattern=r"^\$RUNNER_TOKEN_[A-Z0-9_]+$")]
    """A reference to the environment; the value comes from the secret store at every start."""
    executor: Literal["docker-autoscaler"] = "docker-autoscaler"
    """Jobs run in Docker on VMs that come and go."""
    limit: Annotated[int, Field(ge=1)]
    """Jobs at once."""
    request_concurrency: Annotated[int, Field(ge=1)]
    """Questions for jobs at once."""
    output_limit: int = 16384
    """KiB of a job's log; package builds overrun the default of 4096."""
    feature_flags: FeatureFlags = FeatureFlags()
    docker: Docker
    autoscaler: Autoscaler
    cache: AwsCache | GcpCache
    """Where jobs keep what they want again."""
    monitoring: Monitoring

    @model_validator(mode="after")
    def _limit_is_what_the_group_holds(self) -> Self:
        if self.limit != self.autoscaler.max_instances * self.autoscaler.capacity_per_instance:
            raise ValueError(f"limit {self.limit} is not what {self.autoscaler.max_instances} VMs can run")
        return self


class RunnerConfig(Table):
    """A whole config.toml."""

    concurrent: Annotated[int, Field(ge=1)]
    """0 is fatal."""
    check_interval: int
    """Seconds between two questions to GitLab."""
    log_format: Literal["json"] = "json"
    """A line of the log is a JSON object."""
    log_level: Literal["info"] = "info"
    """What is logged."""
    listen_address: str
    """Metrics have no authentication, and the port serves /debug/pprof too: never open it to the world."""
    shutdown_timeout: int = 30
    """Seconds, of a forced shutdown alone; a drained one waits for its jobs."""
    connection_max_age: Duration = "15m"
    """Age at which a connection to GitLab is made anew, so that a change of its address is seen."""
    runners: Annotated[tuple[RunnerEntry, ...], Field(min_length=1)]
    """One entry for each shard."""

    @model_validator(mode="after")
    def _entries_fit_together(self) -> Self:
        if self.concurrent != sum(entry.limit for entry in self.runners):
            raise ValueError("concurrent is not the sum of the limits")
        if self.concurrent <= len(self.runners):
            raise ValueError("concurrent must exceed the number of entries, or long polls block jobs")
        groups = [entry.autoscaler.plugin_config.model_dump_json() for entry in self.runners]
        if len(set(groups)) < len(groups):
            raise ValueError("two entries share a group; each would delete the other's workers")
        for key in ("id", "name", "token"):
            values = [getattr(entry, key) for entry in self.runners]
            if len(set(values)) < len(values):
                raise ValueError(f"two entries have the same {key}")
        return self


def token_variable(shard: str) -> str:
    """The environment variable that holds the token of a shard."""
    return "RUNNER_TOKEN_" + re.sub(r"[^A-Z0-9]", "_", shard.upper())


def policies(scaling: Scaling) -> tuple[Policy, ...]:
    """What a manager is told of a shard's scaling: the policy for all times first, since the last that holds counts."""
    return (_policy(scaling.always), *(_policy(policy) for policy in scaling.schedules))


def _policy(policy: ScalingPolicy) -> Policy:
    scheduled = isinstance(policy, ScheduledPolicy)
    return Policy(
        periods=policy.periods if scheduled else (CATCH_ALL_PERIOD,),
        timezone=policy.timezone if scheduled else "UTC",
        idle_count=policy.idle_count,
        idle_time=f"{policy.idle_seconds}s",
        scale_factor=policy.scale_factor,
        scale_factor_limit=policy.scale_factor_limit,
        preemptive_mode=policy.preemptive,
    )
