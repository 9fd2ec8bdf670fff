"""What a machine is told: the settings document, and the constant first boot that fetches it."""

import base64
import gzip
import re
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pulumi

from components.component import StackContext
from components.machine.args import MachineArgs
from settings.machine.document import (
    SCHEMA_VERSION,
    Bundle,
    DataDisk,
    MachineDocument,
    Reporting,
)
from settings.machine.section import MachineSize
from settings.vocabulary import Cloud

DOCUMENT_ATTRIBUTE = "packyard-document"
"""Metadata attribute on GCE and instance tag on EC2 that holds the address of the machine's own document."""

_MACHINES = Path(__file__).resolve().parent.parent.parent / "machines"


@cache
def user_data() -> str:
    """The first boot, the same text for every machine on both clouds, whatever its settings."""
    return re.sub(r"^( *)@(.+)@$", _included, _text("first_boot/user-data.yaml"), flags=re.MULTILINE)


@cache
def user_data_base64() -> str:
    """The same first boot for EC2, which takes 16 KiB where GCE takes 256; cloud-init unpacks it by itself.

    The time in the gzip header is fixed, so the same text is the same bytes.
    """
    return base64.b64encode(gzip.compress(user_data().encode(), mtime=0)).decode()


@cache
def gce_startup_script() -> str:
    """Brings cloud-init to images that lack it, which on GCE are Debian's own; constant as well."""
    return _text("first_boot/gce-startup.sh")


def _included(line: re.Match[str]) -> str:
    """A file of the first boot in place of its name, as deep in the YAML as the name stood."""
    return textwrap.indent(_text(line[2]), line[1]).rstrip()


def _text(file: str) -> str:
    return (_MACHINES / file).read_text(encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class MachineFacts:
    """What a maker of machines knows of the one that it makes."""

    name: str
    cloud: Cloud
    size: MachineSize
    bundle_url: pulumi.Input[str]
    """Address of the bundle in the cloud's own store."""
    device: pulumi.Input[str]
    """Path of the data disk on the machine."""
    project: pulumi.Input[str]
    """Project or account that the machine reports to."""


def document_text(args: MachineArgs, facts: MachineFacts, context: StackContext) -> pulumi.Output[str]:
    """The document as JSON text; unknown until every value of the role's part is known."""

    def render(known: dict[str, Any]) -> str:
        on_gcp = facts.cloud is Cloud.GCP
        document = MachineDocument(
            schema_version=SCHEMA_VERSION,
            name=facts.name,
            cloud=facts.cloud,
            role=args.role,
            bundle=Bundle(url=known["bundle_url"], sha256=args.store.bundle_sha256),
            data_disk=DataDisk(device=known["device"], size_gib=facts.size.data_disk_gib),
            maintenance_window=facts.size.maintenance_window,
            reporting=Reporting(project=known["project"], region=context.gcp_region if on_gcp else context.aws_region),
            ssm_agent=None if on_gcp else args.store.machines.ssm_agent,
            settings=known["settings"],
        )
        return document.model_dump_json(by_alias=True, indent=2) + "\n"

    return pulumi.Output.all(
        settings=args.document, bundle_url=facts.bundle_url, device=facts.device, project=facts.project
    ).apply(render)
