"""What a runner manager is told."""

from settings.machine.document import DocumentPart, RoleSettings
from settings.runner_fleet.runner_config import RunnerConfig
from settings.runner_fleet.vocabulary import Colour, ManagerState


class TokenSource(DocumentPart):
    """Where the token of one entry lies. It is fetched at every start, so a restart takes up a rotated token."""

    variable: str
    """Environment variable that config.toml refers to."""
    secret: str
    """Id or ARN in the secret store of the manager's cloud; the value never passes through this document."""


class AgeLimit(DocumentPart):
    """Every worker ends itself at this age; the manager counts on it and never has to find lost ones."""

    hours: int
    """Age in hours."""
    groups: tuple[str, ...]
    """Worker groups of this manager alone."""


class RunnerManagerDocument(RoleSettings):
    """The role's part of the machine document."""

    colour: Colour
    """Colour of this manager."""
    state: ManagerState
    """draining: stop with SIGQUIT, wait for the running jobs, and stay stopped."""
    runner_version: str
    """Both Debian packages, gitlab-runner and gitlab-runner-helper-images, are pinned to it and held. A manager with
    another keeps it, because an upgrade ends its jobs; the next colour takes this one."""
    plugins: tuple[str, ...]
    """What `gitlab-runner fleeting install` must find, for example aws:1."""
    data_directory: str
    """Where the data disk is mounted."""
    ssh_key_path: str
    """An ed25519 key that the manager makes for itself; it is in no image, template or state."""
    tokens: tuple[TokenSource, ...]
    """Where the token of each entry lies."""
    drain_timeout_hours: int
    """TimeoutStopSec of the service. No job outlives its worker, so the age limit is long enough."""
    age_limit: AgeLimit
    contact_metric: str
    """Name of the metric for the seconds since GitLab last answered; the alarm on a silent manager looks at it."""
    log: str
    """CloudWatch log group, or log name in Cloud Logging, that gitlab-runner's journal is sent to."""
    config: RunnerConfig
    """The whole config.toml. It holds no secret, and is rendered key by key with mode 0600."""
