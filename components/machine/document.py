"""What a machine is told: the settings document, and the constant first boot that fetches it."""

import re
import textwrap
from functools import cache
from pathlib import Path

import pulumi

from components.component import StackContext
from components.machine.args import MachineArgs
from settings.machine.document import (
    SCHEMA_VERSION,
    Bundle,
    DataDisk,
    MachineDocument,
    Reporting,
    RoleSettings,
)
from settings.machine.section import MachineSize
from settings.vocabulary import Cloud

DOCUMENT_ATTRIBUTE = "packyard-document"
"""Metadata attribute on GCE and instance tag on EC2 that holds the address of the machine's own document."""

_MACHINES = Path(__file__).resolve().parent.parent.parent / "machines"


@cache
def user_data() -> str:
    """The first boot, the same bytes for every machine on both clouds, whatever its settings."""
    return re.sub(r"^( *)@(.+)@$", _included, _text("first_boot/user-data.yaml"), flags=re.MULTILINE)


@cache
def gce_startup_script() -> str:
    """Brings cloud-init to images that lack it, which on GCE are Debian's own; constant as well."""
    return _text("first_boot/gce-startup.sh")


def _included(line: re.Match[str]) -> str:
    """A file of the first boot in place of its name, as deep in the YAML as the name stood."""
    return textwrap.indent(_text(line[2]), line[1]).rstrip()


def _text(file: str) -> str:
    return (_MACHINES / file).read_text(encoding="utf-8")


def document_text(
    name: str,
    cloud: Cloud,
    args: MachineArgs,
    size: MachineSize,
    context: StackContext,
    *,
    bundle_url: pulumi.Output[str],
    device: pulumi.Output[str],
    project: pulumi.Output[str],
) -> pulumi.Output[str]:
    """The document as JSON text; unknown until every value of the role's part is known."""

    def render(settings: RoleSettings, url: str, device: str, project: str) -> str:
        document = MachineDocument(
            schema_version=SCHEMA_VERSION,
            name=name,
            stack=context.stack,
            cloud=cloud,
            role=args.role,
            bundle=Bundle(url=url, sha256=args.store.bundle_sha256),
            data_disk=DataDisk(device=device, size_gib=size.data_disk_gib),
            maintenance_window=size.maintenance_window,
            reporting=Reporting(
                project=project, region=context.gcp_region if cloud is Cloud.GCP else context.aws_region
            ),
            ssm_agent=args.store.machines.ssm_agent if cloud is Cloud.AWS else None,
            settings=settings,
        )
        return document.model_dump_json(by_alias=True, indent=2) + "\n"

    return pulumi.Output.all(args.document, bundle_url, device, project).apply(lambda values: render(*values))
