"""The machine document: the one door between this program and what runs on a machine.

It is uploaded as JSON to a versioned bucket, read by the first boot and by converge, and checked there. Its schema is
machines/document.schema.json, made from these models. It never holds a secret, only the names of secrets.
"""

from typing import Annotated

from pydantic import ConfigDict, Field, SerializeAsAny

from settings.base import Section
from settings.machine.section import MaintenanceWindow, SsmAgent
from settings.vocabulary import Cloud, Sha256, Slug

SCHEMA_VERSION = 1
"""Raised when a document of the old form would be misread; a machine refuses a version that it does not know."""


class DocumentPart(Section):
    """A part of a document: built in code by Python names, camelCase in the file like everything else."""

    model_config = ConfigDict(validate_by_name=True)


class RoleSettings(DocumentPart):
    """The part of a document that belongs to one role; each system derives its own."""


class Bundle(DocumentPart):
    """The machine bundle: an archive of machines/, named by its digest."""

    url: str
    """gs:// or s3:// address."""
    sha256: Sha256
    """SHA-256 of the archive, in hexadecimal digits. Another one is refused."""


class DataDisk(DocumentPart):
    """The disk that outlives the machine."""

    device: str
    """Stable path of the block device, below /dev/disk/by-id."""
    size_gib: Annotated[int, Field(alias="sizeGiB", ge=1)]
    """Size in GiB; an empty disk that is smaller is refused."""


class Reporting(DocumentPart):
    """Where the machine writes its own metrics."""

    project: str
    """GCP project id; on AWS the account id, where the machine's role already decides."""
    region: str
    """Region that the machine's metrics are sent to."""


class MachineDocument(DocumentPart):
    """Everything that a machine is told."""

    schema_version: int
    """Form of this document; a machine refuses one that it does not know."""
    name: Slug
    """Name of the machine, also on its metrics."""
    cloud: Cloud
    """The cloud that it runs in."""
    role: Slug
    """Name of the playbook that converge runs."""
    bundle: Bundle
    data_disk: DataDisk
    maintenance_window: MaintenanceWindow
    reporting: Reporting
    ssm_agent: SsmAgent | None
    """Given on AWS alone."""
    settings: SerializeAsAny[RoleSettings]
    """What belongs to the role alone."""
