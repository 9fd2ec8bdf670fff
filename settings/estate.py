"""Who owns the estate, and the accounts, regions and names that every system shares."""

from typing import Annotated

from pydantic import Field

from settings.base import Section
from settings.vocabulary import (
    AwsAccountId,
    AwsImage,
    AwsRegion,
    AwsZone,
    EmailAddress,
    GcpImage,
    GcpProject,
    GcpProjectId,
    GcpRegion,
    GcpZone,
    NamePrefix,
    Slug,
    StackKind,
)


class EstateSettings(Section):
    """The owner, which becomes tags and labels, and how tightly the estate is held."""

    kind: StackKind = StackKind.PRODUCTION
    """What the stack is for. A stack that does not say so is held to all that production is held to."""
    owner: Annotated[Slug, Field(examples=["distribution"])]
    """Team that answers for the estate: tag and label `owner` of every resource."""
    cost_centre: Annotated[Slug, Field(examples=["cc-0000"])]
    """Whom the bill goes to: tag and label `cost_centre` of every resource."""
    repository: Annotated[Slug, Field(examples=["distribution-packyard"])]
    """The repository as a label value: group and project joined by a hyphen, since labels allow no slash."""
    name_prefix: NamePrefix
    """Leads every physical name; bucket names are global, so it must be the organisation's own."""
    protected: bool = True
    """Stateful resources are protected, retained and deletion-protected. Only kind staging may turn it off."""
    example: bool = False
    """Says that nobody builds this stack: it may hold placeholders, such as example domains and accounts of zeros. The
    preview lists those that are still there."""
    alert_addresses: Annotated[tuple[EmailAddress, ...], Field(min_length=1, examples=[["oncall@example.com"]])]
    """Who is told when a machine is down or a backup is late; both clouds' alarms go there."""


class GcpProjects(Section):
    """Ids of the GCP projects, each its own."""

    testground: GcpProjectId
    """Holds the dev instance, the package server and one database host."""
    omnibus_build_runners: Annotated[GcpProjectId, Field(examples=["example-build-runners"])]
    """Holds the manager and the workers of the untrusted shards on GCP."""
    protected_build_runners: Annotated[GcpProjectId | None, Field(examples=["example-protected-runners"])] = None
    """Holds those of the protected shards. Needed where GCP has such a shard."""
    publish_build_runners: Annotated[GcpProjectId | None, Field(examples=["example-publish-runners"])] = None
    """Holds those of the publish shards. Needed where GCP has such a shard."""
    cloud_native: Annotated[GcpProjectId, Field(examples=["example-cloud-native"])]
    """Kept for a GKE cluster for cloud-native CI."""

    def ids(self) -> dict[GcpProject, str]:
        """The ids of the projects that the stack has."""
        ids = {
            GcpProject.TESTGROUND: self.testground,
            GcpProject.BUILD_RUNNERS: self.omnibus_build_runners,
            GcpProject.PROTECTED_BUILD_RUNNERS: self.protected_build_runners,
            GcpProject.PUBLISH_BUILD_RUNNERS: self.publish_build_runners,
            GcpProject.CLOUD_NATIVE: self.cloud_native,
        }
        return {project: found for project, found in ids.items() if found is not None}


class GcpSettings(Section):
    """Where on GCP the estate lives, and the image that its machines boot."""

    projects: GcpProjects
    region: GcpRegion
    """Region of everything on GCP that has one. A change makes all of it anew."""
    zone: GcpZone
    """The zone of single machines; runner shards name their own."""
    image: GcpImage
    """Debian 13, pinned. A new image reaches a stateful machine only when it is rebuilt by hand."""


class AwsSettings(Section):
    """The AWS sandbox account, its region and three zones, and the image that its machines boot."""

    account_id: AwsAccountId
    """The sandbox account, in quotes. Any other account is refused before anything is made."""
    region: AwsRegion
    """Region of everything on AWS. A change makes all of it anew."""
    availability_zones: Annotated[
        tuple[AwsZone, AwsZone, AwsZone], Field(examples=[["us-east-1a", "us-east-1b", "us-east-1c"]])
    ]
    """The three zones that every AWS subnet tier spans, in this order; a change of order moves subnets."""
    image: AwsImage
    """Debian 13 for amd64, pinned, of the same release as on GCP."""
