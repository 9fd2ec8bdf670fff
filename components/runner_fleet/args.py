"""What the fleet is made from, and the names that its parts share."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from components.alerts import AlertTargets
from components.component import StackContext
from components.machine_store import MachineStore
from components.network import AwsNetwork, GcpNetwork
from settings.runner_fleet.section import Colours, RunnerFleetSettings
from settings.runner_fleet.vocabulary import Colour, ManagerState
from settings.vocabulary import Cloud


@dataclass(frozen=True, kw_only=True)
class RunnerFleetArgs:
    """Arguments of a RunnerFleet."""

    settings: RunnerFleetSettings
    store: MachineStore
    alerts: AlertTargets
    """Of the project omnibus-build-runners."""
    aws_network: AwsNetwork
    gcp_network: GcpNetwork
    """Network of the project omnibus-build-runners."""
    gcp_project: str
    """Id of the project omnibus-build-runners."""
    aws_image: str
    """Pinned AMI of the managers."""
    gcp_image: str
    """Pinned image of the managers."""
    aws_zone: str
    """Zone of the managers on AWS: that of the first private subnet."""
    inherited_tags: Mapping[str, str]
    """Tags and labels that providers give to all they make. Workers and their disks are made by the groups, not by a
    provider, so they would have none."""


def manager_context(context: StackContext, state: ManagerState) -> StackContext:
    """Of a manager's machine: what a drained one holds is worth nothing, and the next step is to leave it out."""
    return replace(context, protected=context.protected and state is ManagerState.SERVING)


def group_name(context: StackContext, shard: str, colour: Colour) -> str:
    """Name of the worker group of one shard and colour. Managers find their groups by it."""
    return context.physical_name("runner", shard, colour, kind="gce")


def manager_name(cloud: Cloud, colour: Colour) -> str:
    """Logical name of a manager's machine."""
    return f"runner-manager-{cloud}-{colour}"


def draining_managers(cloud: Cloud, colours: Colours) -> list[str]:
    """Names of the machines whose managers drain."""
    return [manager_name(cloud, colour) for colour, state in colours.in_use().items() if state is ManagerState.DRAINING]
