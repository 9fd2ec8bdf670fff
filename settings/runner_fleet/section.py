"""Build runners: a manager on each cloud, and any number of shards, each a GitLab runner with its own worker group."""

from collections.abc import Iterable
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field

from settings.base import Section
from settings.distinct import Distinct
from settings.machine.section import Ec2Size, GceSize
from settings.runner_fleet.vocabulary import (
    WORKER_USERS,
    Capacity,
    Colour,
    ContainerImage,
    ContainerPath,
    CronPeriod,
    ImagePattern,
    ManagerState,
    PluginRelease,
    PrivateCidr,
    PullPolicy,
    RunnerRelease,
    ShardName,
    TimeZone,
    WorkerSystem,
)
from settings.vocabulary import (
    Architecture,
    AwsImage,
    AwsInstanceType,
    BootDiskGiB,
    Cloud,
    CloudWatchRetentionDays,
    Days,
    GcpImage,
    GcpMachineType,
    GcpZone,
    HttpsUrl,
    Port,
    Trust,
)

MAX_GROUP_SIZE = 1000
"""The largest group that the plugin for AWS reports (fleeting-plugin-aws, ProviderInfo.MaxSize)."""


class Colours(Section):
    """The managers of one cloud. To swap one: add the other colour, watch it work, drain the first, leave it out."""

    blue: ManagerState | None = None
    """State of the blue manager; left out, there is none."""
    green: ManagerState | None = None
    """State of the green manager; left out, there is none."""

    def in_use(self) -> dict[Colour, ManagerState]:
        """The colours that exist, and what their managers do."""
        states = {Colour.BLUE: self.blue, Colour.GREEN: self.green}
        return {colour: state for colour, state in states.items() if state is not None}


class AwsManager(Section):
    """Managers of one tier's shards, in the AWS sandbox account."""

    size: Ec2Size
    colours: Colours


class GcpManager(Section):
    """Managers of one tier's shards, in the GCP project of the tier."""

    size: GceSize
    colours: Colours


Manager = TypeVar("Manager", bound=AwsManager | GcpManager)


class Managers(Section, Generic[Manager]):
    """Managers by trust tier: whoever takes one over reads the tokens and logs in to the workers of its tier alone."""

    untrusted: Manager | None = None
    """Needed where the cloud has an untrusted shard."""
    protected: Manager | None = None
    """Needed where the cloud has a protected shard."""
    publish: Manager | None = None
    """Needed where the cloud has a publish shard."""

    def in_use(self) -> dict[Trust, Manager]:
        """The tiers that have managers."""
        tiers = {Trust.UNTRUSTED: self.untrusted, Trust.PROTECTED: self.protected, Trust.PUBLISH: self.publish}
        return {trust: manager for trust, manager in tiers.items() if manager is not None}


class AwsManagers(Managers[AwsManager]):
    """Managers on AWS, one for each tier that has a shard there."""


class GcpManagers(Managers[GcpManager]):
    """Managers on GCP, one for each tier that has a shard there."""


class Plugins(Section):
    """Releases of the fleeting plugins, installed as aws:<release> and googlecloud:<release>."""

    aws: PluginRelease
    """Release of the plugin for AWS, in quotes."""
    googlecloud: PluginRelease
    """Release of the plugin for Google Cloud, in quotes."""


class CacheSettings(Section):
    """One cache bucket on each cloud. Its content can be lost at any time: builds then only take longer."""

    expiry_days: Days
    """Days after which an object of the cache is deleted."""


class PrivateEndpoint(Section):
    """A private address that workers of a shard may reach, although all others are closed to them."""

    cidr: PrivateCidr
    """Where it is."""
    port: Port
    """Its TCP port; nothing else there is opened."""
    purpose: Annotated[str, Field(min_length=3, max_length=80, examples=["mirror of Debian packages"])]
    """Why, in a few words; it becomes the description of the firewall rule."""


class ScalingPolicy(Section):
    """How many idle jobs' worth of VMs wait for work. The numbers count jobs, which here are VMs."""

    idle_count: Annotated[int, Field(ge=0, le=MAX_GROUP_SIZE, examples=[0])]
    """Idle VMs that wait for jobs; 0 starts one when a job comes, which then waits for its boot."""
    idle_seconds: Annotated[int, Field(ge=1, le=86400, examples=[300])]
    """Seconds that an idle VM is kept. At least 1: with 0, it can be removed while a job is on its way to it (GitLab
    Runner, configuration schema)."""
    scale_factor: Annotated[float, Field(ge=0, le=10, examples=[0.5])] = 0.0
    """Idle VMs in proportion to those in use, on top of none; the larger of this and idleCount counts."""
    scale_factor_limit: Annotated[int, Field(ge=0, le=MAX_GROUP_SIZE, examples=[10])] = 0
    """Most idle VMs that the scale factor may ask for."""
    preemptive: bool
    """True: a job is taken only when an idle VM is ready for it. Bursts then wait in line for idleCount VMs at a time
    (runner#38294), so this never follows from idleCount as in GitLab Runner, and must be said."""


class ScheduledPolicy(ScalingPolicy):
    """A policy for certain times. Of several that match, the last counts."""

    periods: Annotated[tuple[CronPeriod, ...], Field(min_length=1, examples=[["* 8-17 * * mon-fri"]])]
    """When it holds, as cron fields."""
    timezone: TimeZone
    """Time zone of the periods."""


class Scaling(Section):
    """The policy for all times, and those that replace it at certain times."""

    always: ScalingPolicy
    schedules: tuple[ScheduledPolicy, ...] = ()
    """Policies for certain times; of several that match, the last counts."""


class DockerSettings(Section):
    """How jobs run on a worker."""

    image: ContainerImage
    """For jobs that name none."""
    pull_policy: Annotated[tuple[PullPolicy, ...], Field(min_length=1, examples=[["always"]])] = (PullPolicy.ALWAYS,)
    """When an image is fetched; of several, each is tried after the one before has failed."""
    privileged: bool = False
    """Whether jobs may be root on their worker. Refused for untrusted and publish shards."""
    allowed_privileged_images: tuple[ImagePattern, ...] = ()
    """The only images that may run privileged, where `privileged` is true."""
    allowed_privileged_services: tuple[ImagePattern, ...] = ()
    """The only services that may run privileged, where `privileged` is true."""
    volumes: tuple[ContainerPath, ...] = ("/cache", "/certs/client")
    """Paths in each job's container that are volumes."""


class Shard(Section):
    """One GitLab runner and its worker group: cloud, zone or zones, architecture, trust and size."""

    name: ShardName
    """Name of the shard: part of the names of its group, template and secret. A change makes a new group."""
    runner_id: Annotated[int, Field(ge=1, examples=[101])]
    """Numeric id of the runner in GitLab. Without it, a rotated token makes a second scaler (gitlab-runner!6810)."""
    trust: Trust
    """Whose code runs on it, which decides what it may reach and which groups, subnets and secrets it has."""
    architecture: Architecture
    """Processor architecture of its workers; machine types must fit it."""
    capacity: Capacity
    """How its VMs are bought. Publish shards must be onDemand."""
    max_instances: Annotated[int, Field(ge=1, le=MAX_GROUP_SIZE, examples=[20])]
    """Largest number of VMs, and of jobs at once, because a VM runs one job at a time."""
    max_use_count: Annotated[int, Field(ge=1, le=100, examples=[1])]
    """Jobs in the life of a VM; 1 gives every job a fresh VM."""
    system: WorkerSystem
    """Operating system of the image, which decides the user that the manager logs in as."""
    boot_disk_gib: Annotated[BootDiskGiB, Field(alias="bootDiskGiB")]
    """The worker's only disk, in GiB: images, sources and builds of one job."""
    docker: DockerSettings
    scaling: Scaling
    private_access: Annotated[
        tuple[PrivateEndpoint, ...], Distinct(("cidr", "port"), "one entry for each address and port")
    ] = ()
    """Private addresses that its workers may reach; all others are closed to them."""

    def user(self, cloud: Cloud) -> str | None:
        """The user that the manager logs in as; None where the system has no image on that cloud."""
        return WORKER_USERS[cloud].get(self.system)


class AwsShard(Shard):
    """A shard in an Auto Scaling group over the three zones of the region."""

    cloud: Literal[Cloud.AWS]
    """The shard is on AWS."""
    image: AwsImage
    """With Docker, which the system's user may use, and the agent of EC2 Instance Connect."""
    instance_types: Annotated[
        tuple[AwsInstanceType, ...], Field(min_length=1, examples=[["c7i.2xlarge", "c7a.2xlarge", "m7i.2xlarge"]])
    ]
    """Best first. Spot wants several: each type and zone is a pool that can run dry on its own."""


class GcpShard(Shard):
    """A shard in a managed instance group of one zone: the plugin knows no regional ones (plugins/googlecloud#20)."""

    cloud: Literal[Cloud.GCP]
    """The shard is on GCP."""
    image: GcpImage
    """With Docker, which the system's user may use, and Google's guest agent."""
    machine_type: GcpMachineType
    """GCE machine type of the workers, of the shard's architecture. One type alone: a stockout of it stops the
    shard."""
    zone: GcpZone
    """The one zone of the group. Two shards in two zones survive a stockout."""


AnyShard = Annotated[AwsShard | GcpShard, Field(discriminator="cloud")]
"""A shard of either cloud, told apart by its key `cloud`."""


class RunnerFleetSettings(Section):
    """The build-runner fleet."""

    gitlab_url: HttpsUrl
    """The GitLab instance that the runners ask for jobs."""
    runner_version: RunnerRelease
    """Version of GitLab Runner on managers. A running manager keeps its own until the next colour takes its place."""
    plugins: Plugins
    check_interval_seconds: Annotated[int, Field(ge=1, le=60, examples=[3])] = 3
    """How often a manager asks GitLab for jobs."""
    max_vm_age_hours: Annotated[int, Field(ge=1, le=24, examples=[8])]
    """A worker ends itself at this age, whatever its manager does. Longer than the longest job."""
    acceptable_queue_seconds: Annotated[int, Field(ge=10, le=3600, examples=[120])]
    """A job that waits longer counts in gitlab_runner_acceptable_job_queuing_duration_exceeded_total."""
    metrics_cidr: Annotated[PrivateCidr | None, Field(examples=["10.0.8.0/28"])] = None
    """Where Prometheus scrapes the managers from. Left out, their port 9252 listens on the machine alone."""
    log_retention_days: CloudWatchRetentionDays
    """Days that CloudWatch keeps the journal of the AWS managers."""
    cache: CacheSettings
    aws_managers: AwsManagers = AwsManagers()
    """Needed where a shard is on AWS."""
    gcp_managers: GcpManagers = GcpManagers()
    """Needed where a shard is on GCP."""
    single_zone_reason: Annotated[str, Field(min_length=10, examples=["c4a is offered in one zone only"])] | None = None
    """Why untrusted GCP shards of one architecture lie in one zone, where production does so."""
    shards: Annotated[
        tuple[AnyShard, ...],
        Field(min_length=1),
        # Two entries of one group delete each other's workers, since each ends VMs that it does not know.
        Distinct(("name",), "a name, and so a group, for each shard"),
        Distinct(("runnerId",), "a GitLab runner for each shard"),
    ]
    """All shards of both clouds. Names and runner ids are used once."""

    @property
    def aws_shards(self) -> dict[Trust, tuple[AwsShard, ...]]:
        """Shards on AWS by tier, in the order of the file; tiers without one are left out."""
        return _by_tier(shard for shard in self.shards if isinstance(shard, AwsShard))

    @property
    def gcp_shards(self) -> dict[Trust, tuple[GcpShard, ...]]:
        """Shards on GCP by tier, in the order of the file; tiers without one are left out."""
        return _by_tier(shard for shard in self.shards if isinstance(shard, GcpShard))


OneShard = TypeVar("OneShard", AwsShard, GcpShard)


def _by_tier(shards: Iterable[OneShard]) -> dict[Trust, tuple[OneShard, ...]]:
    found: dict[Trust, list[OneShard]] = {}
    for shard in shards:
        found.setdefault(shard.trust, []).append(shard)
    return {trust: tuple(found[trust]) for trust in Trust if trust in found}
