"""What the fleet is made from, and the names that its parts share."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pulumi_gcp as gcp

from components.alerts import AlertTargets
from components.component import StackContext
from components.machine_store import MachineStore
from components.network import AwsNetwork, GcpNetwork
from settings.runner_fleet.section import Colours, RunnerFleetSettings
from settings.runner_fleet.vocabulary import Colour, ManagerState
from settings.vocabulary import Cloud, Trust


@dataclass(frozen=True, kw_only=True)
class TierProject:
    """The GCP project of one trust tier, and what the tier has there."""

    project_id: str
    provider: gcp.Provider
    network: GcpNetwork
    alerts: AlertTargets


@dataclass(frozen=True, kw_only=True)
class RunnerFleetArgs:
    """Arguments of a RunnerFleet."""

    settings: RunnerFleetSettings
    store: MachineStore
    aws_alerts: AlertTargets
    aws_network: AwsNetwork
    projects: Mapping[Trust, TierProject]
    """Of the tiers that have shards on GCP."""
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


def tier_name(name: str, trust: Trust) -> str:
    """A logical name of one tier.

    The untrusted one has the names, and so the disks, of the time before tiers had managers of their own: what
    untrusted jobs may have touched passes to nobody else (decision 26).
    """
    return name if trust is Trust.UNTRUSTED else f"{name}-{trust}"


def manager_name(cloud: Cloud, trust: Trust, colour: Colour) -> str:
    """Logical name of a manager's machine."""
    return f"{tier_name(f'runner-manager-{cloud}', trust)}-{colour}"


def draining_managers(cloud: Cloud, trust: Trust, colours: Colours) -> list[str]:
    """Names of the machines whose managers drain."""
    states = colours.in_use()
    return [manager_name(cloud, trust, colour) for colour in states if states[colour] is ManagerState.DRAINING]
