"""Every registration of a Pulumi program as plain frozen values, recorded in process: no CLI, no cloud, no network."""

from capture.registration import Asset, Capture, Registration, Secret, Unknown, Value
from capture.run import ProgramError, capture_stack
from capture.stack_file import StackFile, StackFileError, read_stack_file

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
    "read_stack_file",
]
