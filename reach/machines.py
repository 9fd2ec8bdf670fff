"""Machines: whose identity they have, and from where they take what they run as root."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from capture import Capture, Registration, Value
from reach.model import Kind, Principal
from reach.values import block, mapping, project_of, text

EC2 = "aws:ec2/instance:Instance"
GCE = "gcp:compute/instance:Instance"
EC2_GROUP = "aws:autoscaling/group:Group"
EC2_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
GCE_GROUP = "gcp:compute/instanceGroupManager:InstanceGroupManager"
GCE_TEMPLATE = "gcp:compute/instanceTemplate:InstanceTemplate"
NODES = "aws:eks/nodeGroup:NodeGroup"

STORES = ("s3://", "gs://")


@dataclass(frozen=True)
class Stored:
    """An object that a machine runs as root, in the store of its cloud."""

    bucket: str
    key: str
    source: str
    """Where the machine is told of it: a tag, or a key of its metadata."""


@dataclass(frozen=True)
class Machine:
    """A machine, or one of a group of workers that are all alike."""

    principal: Principal
    """Root on it."""
    registration: Registration
    template: Registration | None
    """What a worker is made from; None for a machine by itself."""
    documents: tuple[Stored, ...]
    """What it takes its configuration from."""
    bundles: tuple[Stored, ...]
    """What it runs from the same store, by the digest in its document."""
    identity: str
    """Name of its instance profile, ARN of its role, or e-mail address of its account; empty for none."""

    @property
    def cloud(self) -> str:
        """The cloud that runs it, "aws" or "gcp"."""
        return self.registration.cloud

    @property
    def is_worker(self) -> bool:
        """Whether it is one of many."""
        return self.template is not None


def machines(capture: Capture) -> Iterator[Machine]:
    """Every machine of a capture, and one worker for each group."""
    stored = _stored_objects(capture)
    for entry in capture.of_type(EC2):
        yield _machine(entry, mapping(entry.inputs.get("tags")), text(entry.inputs.get("iamInstanceProfile")), stored)
    for entry in capture.of_type(GCE):
        yield _machine(entry, mapping(entry.inputs.get("metadata")), _email(entry), stored)
    for group_type, template_type in ((EC2_GROUP, EC2_TEMPLATE), (GCE_GROUP, GCE_TEMPLATE), (NODES, EC2_TEMPLATE)):
        for entry in capture.of_type(group_type):
            yield _worker(capture, entry, template_type)


def _machine(
    entry: Registration, told: Mapping[str, Value], identity: str, stored: dict[tuple[str, str], tuple[str, ...]]
) -> Machine:
    documents = tuple(
        Stored(*value.split("://", 1)[1].split("/", 1), source=key)
        for key, value in ((key, text(value)) for key, value in told.items())
        if value.startswith(STORES) and value.count("/") > 2
    )
    bundles = tuple(
        Stored(document.bucket, key, "its document")
        for document in documents
        for key in stored.get((entry.cloud, document.bucket), ())
        if not key.startswith("machines/")
    )
    principal = Principal(Kind.MACHINE, entry.name, urn=entry.urn)
    return Machine(principal, entry, None, documents=documents, bundles=bundles, identity=identity)


def _worker(capture: Capture, group: Registration, template_type: str) -> Machine:
    urns = {urn for listed in group.property_dependencies.values() for urn in listed}
    templates = [entry for entry in capture.of_type(template_type) if entry.urn in urns]
    template = templates[0] if templates else group
    profile = block(template.inputs.get("iamInstanceProfile"))
    identity = (
        text(group.inputs.get("nodeRoleArn"))
        or text(profile.get("name"))
        or text(profile.get("arn")).rpartition("/")[2]
        or _email(template)
    )
    principal = Principal(Kind.MACHINE, group.name, urn=group.urn)
    return Machine(principal, group, template, documents=(), bundles=(), identity=identity)


def _email(entry: Registration) -> str:
    return text(block(entry.inputs.get("serviceAccount")).get("email"))


def _stored_objects(capture: Capture) -> dict[tuple[str, str], tuple[str, ...]]:
    """Keys of registered objects by cloud and bucket."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for kind, key in (
        ("gcp:storage/bucketObject:BucketObject", "name"),
        ("aws:s3/bucketObjectv2:BucketObjectv2", "key"),
    ):
        for entry in capture.of_type(kind):
            place = (entry.cloud, text(entry.inputs.get("bucket")))
            found[place] = (*found.get(place, ()), text(entry.inputs.get(key)))
    return found


def base_name(group: Registration) -> str:
    """How the names of a group's workers begin on GCP."""
    return text(group.inputs.get("baseInstanceName")) or group.name


def project_and_zone(capture: Capture, entry: Registration) -> tuple[str, str]:
    """Where a resource of GCP lies."""
    return project_of(capture, entry), text(entry.inputs.get("zone")) or text(entry.inputs.get("region"))
