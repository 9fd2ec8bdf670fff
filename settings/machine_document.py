"""The machine document: the one door between this program and what runs on a machine.

It is uploaded as JSON to a versioned bucket, read by the first boot and by converge, and checked there against the schema
that is made from these models. It never holds a secret, only the names of secrets.
"""

from settings.base import Section
from settings.machine import MaintenanceWindow
from settings.vocabulary import Cloud

SCHEMA_VERSION = 1
"""Raised when a document of the old form would be misread; a machine refuses a version that it does not know."""


class RoleSettings(Section):
    """The part of a document that belongs to one role; each system derives its own."""


class Bundle(Section):
    """The machine bundle: an archive of machines/, named by its digest."""

    url: str
    """gs:// or s3:// address."""
    sha256: str


class MachineDocument(Section):
    """Everything that a machine is told."""

    schema_version: int
    name: str
    stack: str
    cloud: Cloud
    role: str
    bundle: Bundle
    maintenance_window: MaintenanceWindow
    settings: RoleSettings
