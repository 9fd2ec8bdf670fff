"""Sizes of the stateful machines and when they may be interrupted."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from settings.base import Section
from settings.vocabulary import (
    AwsInstanceType,
    BootDiskGiB,
    Days,
    GceDataDiskGiB,
    GcpMachineType,
    GiB,
    Sha256,
    TimeOfDay,
    Version,
)


class Weekday(StrEnum):
    """Days of the week as systemd writes them in OnCalendar."""

    MONDAY = "Mon"
    TUESDAY = "Tue"
    WEDNESDAY = "Wed"
    THURSDAY = "Thu"
    FRIDAY = "Fri"
    SATURDAY = "Sat"
    SUNDAY = "Sun"


class MaintenanceWindow(Section):
    """The only time in a week when converge may interrupt a service, in UTC."""

    day: Weekday
    """Day on which it begins; it may pass midnight."""
    start: TimeOfDay
    """When it begins, in UTC."""
    minutes: Annotated[int, Field(ge=15, le=480, examples=[120])]
    """How long it lasts."""


class MachineSize(Section):
    """What both makers of machines share."""

    boot_disk_gib: Annotated[BootDiskGiB, Field(alias="bootDiskGiB")]
    """May be lost at any time: everything on it is made again by converge."""
    data_disk_gib: Annotated[GiB, Field(alias="dataDiskGiB")]
    """Never lost: protected, and in snapshots. It can grow, never shrink."""
    snapshot_retention_days: Days
    """Days that a daily snapshot of the data disk is kept."""
    maintenance_window: MaintenanceWindow


class GceSize(MachineSize):
    """A machine on GCE."""

    data_disk_gib: Annotated[GceDataDiskGiB, Field(alias="dataDiskGiB")]
    """Never lost: protected, and in snapshots. It can grow, never shrink."""
    machine_type: GcpMachineType
    """GCE machine type, for amd64. A new one needs a machine that is stopped (components/machine/README.md)."""


class Ec2Size(MachineSize):
    """A machine on EC2."""

    instance_type: AwsInstanceType
    """EC2 instance type, for amd64. A new one needs a machine that is stopped (components/machine/README.md)."""


class SsmAgent(Section):
    """The package of the AWS Systems Manager agent, which Debian lacks; it is the only way into a machine on EC2."""

    version: Version
    """As in AWS's release notes, for example 3.3.3050.0."""
    sha256: Sha256
    """Digest of the package for amd64, compared before it is installed."""


class MachinesSettings(Section):
    """What all machines share."""

    ssm_agent: SsmAgent
