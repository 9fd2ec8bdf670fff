"""Every registration of a Pulumi program as plain frozen values, recorded in process: no CLI, no cloud, no network."""

from capture.registration import Asset, Capture, Registration, Secret, Unknown, Value, leaves
from capture.run import ProgramError, capture_stack
from capture.stack_file import StackFile, StackFileError, read_stack_file, stacks_of
from capture.urn import make_urn, type_chain, urn_name

__all__ = [
    "Asset",
    "Capture",
    "ProgramError",
    "Registration",
    "Secret",
    "StackFile",
    "StackFileError",
    "Unknown",
    "Value",
    "capture_stack",
    "leaves",
    "make_urn",
    "read_stack_file",
    "stacks_of",
    "type_chain",
    "urn_name",
]
