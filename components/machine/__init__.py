"""Machines: one abstraction, two makers. Neither maker imports the other."""

from components.machine.args import MachineArgs
from components.machine.ec2 import Ec2Machine, Ec2MachineArgs
from components.machine.ec2_identity import ec2_role_name
from components.machine.gce import GceMachine, GceMachineArgs
from components.machine.gce_disk import boot_disk_type

__all__ = [
    "Ec2Machine",
    "Ec2MachineArgs",
    "GceMachine",
    "GceMachineArgs",
    "MachineArgs",
    "boot_disk_type",
    "ec2_role_name",
]
