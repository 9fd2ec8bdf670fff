"""Words of the runner fleet: trust tiers, capacity, colours, and the types of its values."""

from enum import StrEnum
from typing import Annotated

from settings.forms import Form, network_type, pattern_type, short_name
from settings.runner_fleet.periods import cron_period, known_time_zone
from settings.vocabulary import Cloud


class Capacity(StrEnum):
    """How worker VMs are bought."""

    SPOT = "spot"
    """Can be taken back at any time; the job then fails as runner_system_failure and may be retried."""
    ON_DEMAND = "onDemand"


class Colour(StrEnum):
    """A manager with its own groups. Two managers on one group delete each other's workers, so a swap needs two."""

    BLUE = "blue"
    GREEN = "green"


class ManagerState(StrEnum):
    """What the manager of one colour does."""

    SERVING = "serving"
    """Takes jobs."""
    DRAINING = "draining"
    """Ends its running jobs and takes no more; its machine is no longer protected, so it can be left out next."""


class PullPolicy(StrEnum):
    """When a job's image is fetched (GitLab Runner, Docker executor)."""

    ALWAYS = "always"
    IF_NOT_PRESENT = "if-not-present"


class WorkerSystem(StrEnum):
    """Operating system of a worker image, which decides the user that the manager logs in as."""

    DEBIAN = "debian"
    UBUNTU = "ubuntu"
    AMAZON_LINUX = "amazonLinux"
    CONTAINER_OPTIMIZED = "containerOptimized"


WORKER_USERS = {
    Cloud.AWS: {
        WorkerSystem.DEBIAN: "admin",
        WorkerSystem.UBUNTU: "ubuntu",
        WorkerSystem.AMAZON_LINUX: "ec2-user",
    },
    # The guest agent makes any user that the metadata names; on Container-Optimized OS only this one may use docker.
    Cloud.GCP: {
        WorkerSystem.DEBIAN: "runner",
        WorkerSystem.UBUNTU: "runner",
        WorkerSystem.CONTAINER_OPTIMIZED: "cos",
    },
}
"""Users of each system; a system that is missing has no image on that cloud."""

ShardName = Annotated[str, short_name(30, "amd64-untrusted")]
"""Short enough for the names of groups and templates, which hold more than it."""

ContainerImage = Annotated[
    str,
    pattern_type(
        r"(?!.*:latest$)[a-z0-9][a-z0-9._/:-]*(:[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64})",
        "an image with a tag other than latest, or with a digest",
        "debian:trixie-20261110",
    ),
]
"""A container image that does not move by itself."""

ImagePattern = Annotated[
    str,
    pattern_type(
        r"[a-z0-9.-]+\.[a-z]+(:[0-9]+)?/[a-z0-9._/-]+[:@][A-Za-z0-9._*:-]+",
        "a pattern of images of one place",
        "registry.example.com/distribution/image-builder:*",
    ),
]
"""Images that may run privileged; a bare "*" would let any job bring its own."""

ContainerPath = Annotated[
    str,
    pattern_type(
        r"(/[A-Za-z0-9._-]+)+", 'a path inside the container (a "host:container" pair would mount the worker)', "/cache"
    ),
]
"""A volume that Docker makes and removes. A bind of the worker's docker.sock would be root on the worker."""

PluginRelease = Annotated[
    str,
    pattern_type(
        r"[0-9]+(\.[0-9]+){0,2}", "a release of a plugin, such as 1 or 1.2.0 (latest would move by itself)", "1"
    ),
]
"""The newest matching release is taken (GitLab Runner, fleeting install)."""

RunnerRelease = Annotated[
    str, pattern_type(r"[0-9]+\.[0-9]+\.[0-9]+(-[0-9]+)?", "a full release of GitLab Runner", "19.4.0-1")
]
"""Version of the Debian packages gitlab-runner and gitlab-runner-helper-images; apt fails unless both are pinned."""

CronPeriod = Annotated[str, Form(cron_period, "a period of five cron fields", "* 8-17 * * mon-fri")]
"""Minutes, hours, days, months and weekdays during which a policy holds."""

TimeZone = Annotated[str, Form(known_time_zone, "a time zone", "Europe/London")]
"""A name of the IANA database."""

PrivateCidr = Annotated[str, network_type(range(24, 33), "small enough for an allow-list", "10.0.8.10/32")]
"""A few private addresses."""
