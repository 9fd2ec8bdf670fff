"""Trust in what a machine is told: its document, its identity, who logs in to it, what its workers are made from."""

from typing import Any

from capture import Capture, Registration
from tests.reach.building import editing
from tests.reach.grants import Change, allowed, member
from tests.reach.network.changes import found
from tests.reach.seeds.clouds import MANAGER
from tests.reach.seeds.seed import Kind, Seed


def document_from(machine: Registration, tags: str, place: str) -> dict[str, Any]:
    """The tags or the metadata of a machine that takes its document from another place."""
    listed: Any = machine.inputs[tags]
    return {tags: {**listed, "packyard-document": place}}


def host_is_told_by_a_cache(capture: Capture) -> Capture:
    """The database host on AWS takes its document from the cache of strangers' jobs."""
    cache = found(capture, "Bucket", "runners-aws-cache").inputs["bucket"]
    inputs = document_from(found(capture, "Instance", "pg-b"), "tags", f"s3://{cache}/pg-b/document.json")
    return editing(capture, "aws:ec2/instance:Instance::pg-b", **inputs)


def server_is_told_by_the_forge(capture: Capture) -> Capture:
    """The package server takes its document from a bucket that the dev instance writes."""
    bucket = found(capture, "Bucket", "dev-instance-artifacts").inputs["name"]
    machine = found(capture, "Instance", "package-server")
    inputs = document_from(machine, "metadata", f"gs://{bucket}/package-server/document.json")
    return editing(capture, "gcp:compute/instance:Instance::package-server", **inputs)


def account_of_another(machine: str, account: str, kind: str = "instance:Instance") -> Change:
    """A machine or a template gets the service account of another system."""

    def change(capture: Capture) -> Capture:
        email = member(capture, account).removeprefix("serviceAccount:")
        scopes = ("https://www.googleapis.com/auth/cloud-platform",)
        return editing(capture, f"gcp:compute/{kind}::{machine}", serviceAccount={"email": email, "scopes": scopes})

    return change


def profile_of_publish_jobs(capture: Capture) -> Capture:
    """The manager of strangers' jobs runs with the profile of the one that publishes."""
    profile = found(capture, "InstanceProfile", "runner-manager-aws-publish-blue-machine").inputs["name"]
    return editing(capture, "aws:ec2/instance:Instance::runner-manager-aws-blue", iamInstanceProfile=profile)


MACHINES = (
    Seed(
        "a database host takes its document from the cache of strangers' jobs",
        Kind.MACHINES,
        1,
        host_is_told_by_a_cache,
        MANAGER,
        gets="become root on pg-b",
        reason="a tag says where the document lies, and a tag looks like a name",
    ),
    Seed(
        "the package server takes its document from a bucket of the forge, and so signs what the forge likes",
        Kind.MACHINES,
        3,
        server_is_told_by_the_forge,
        "service account dev-instance",
        gets="read secret package-server-package-signing-key",
        reason="one line of metadata",
    ),
    Seed(
        "the database host has the account of the package server",
        Kind.MACHINES,
        2,
        account_of_another("pg-a", "package-server"),
        "root on pg-a",
        gets="read secret package-server-package-signing-key",
        reason="an account that has the right which a new machine lacks",
    ),
    Seed(
        "workers of strangers have the account of their manager",
        Kind.MACHINES,
        2,
        account_of_another(
            "shard-gcp-amd64-untrusted-b-blue", "runner-manager-gcp-blue", "instanceTemplate:InstanceTemplate"
        ),
        "root on shard-gcp-amd64-untrusted-b-blue",
        gets="read secret runners-gcp-token-gcp-amd64-untrusted-b",
        reason="a template without an account gets one, since a job wants to read a bucket",
    ),
    Seed(
        "the manager of strangers' jobs runs with the profile of the one that publishes",
        Kind.MACHINES,
        2,
        profile_of_publish_jobs,
        "root on runner-manager-aws-blue",
        gets="read secret runners-aws-publish-token-amd64-publish",
        reason="a profile taken from the neighbour in the file",
    ),
    Seed(
        "the manager of strangers' jobs says what workers that publish are made from",
        Kind.MACHINES,
        1,
        allowed(
            "runner-manager-aws-blue-fleet", ["autoscaling:UpdateAutoScalingGroup", "ec2:CreateLaunchTemplateVersion"]
        ),
        MANAGER,
        gets="become root on shard-amd64-publish-blue",
        reason="a right on every group, where one on its own groups was meant",
    ),
)
