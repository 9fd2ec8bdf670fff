"""The clouds of a machine as the program registers them: nothing here is written for the lab."""

import base64
import io
import json
import re
import tarfile
from collections.abc import Mapping
from typing import Any, cast

from capture import Asset, Capture, Registration
from capture.replies import reply
from lab.clouds.metadata import AmazonCloud, Bucket, CloudStandIn, GoogleCloud, ServiceAccount
from lab.errors import LabError
from lab.project import ROOT
from lab.stand_in_values import StandInValues, agent_package

OBJECT_TYPES = {"gcp:storage/bucketObject:BucketObject": "gs", "aws:s3/bucketObjectv2:BucketObjectv2": "s3"}


def uploaded(capture: Capture) -> dict[str, bytes]:
    """Documents and bundles by address, the very bytes that are uploaded."""
    found: dict[str, bytes] = {}
    for kind, scheme in OBJECT_TYPES.items():
        for entry in capture.of_type(kind):
            key = entry.inputs.get("key") or entry.inputs["name"]
            found[f"{scheme}://{entry.inputs['bucket']}/{key}"] = _content(entry)
    return found


def _content(entry: Registration) -> bytes:
    source = entry.inputs.get("source")
    if isinstance(source, Asset):
        return (ROOT / source.source).read_bytes()
    return str(entry.inputs["content"]).encode()


def cloud_of(name: str, capture: Capture) -> CloudStandIn:
    """The cloud that a machine of the estate lives in, by the machine's name."""
    for entry in capture.of_type("gcp:compute/instance:Instance"):
        if entry.name == name:
            metadata = cast("dict[str, str]", entry.inputs["metadata"])
            bucket = Bucket(uploaded(capture))
            return GoogleCloud(dict(metadata), name, str(entry.inputs["zone"]), bucket, _account(capture, entry))
    (instance,) = (entry for entry in capture.of_type("aws:ec2/instance:Instance") if entry.name == name)
    tags = cast("dict[str, str]", instance.inputs["tags"])
    zone, data = str(instance.inputs["availabilityZone"]), base64.b64decode(str(instance.inputs["userDataBase64"]))
    return AmazonCloud(
        data, dict(tags), zone, Bucket(uploaded(capture)), agent_package(), role=_role(capture, instance)
    )


def role_of(cloud: CloudStandIn) -> str:
    """The role that its document gives a machine."""
    return str(json.loads(cloud.bucket.objects[document_address(cloud)])["role"])


def _account(capture: Capture, instance: Registration) -> ServiceAccount:
    """The service account of an instance, with the number that Google would give it."""
    email = str(cast("dict[str, str]", instance.inputs["serviceAccount"])["email"])
    identifier, _, rest = email.partition("@")
    (entry,) = (
        entry
        for entry in capture.of_type("gcp:serviceaccount/account:Account")
        if entry.inputs["accountId"] == identifier
    )
    outputs = reply(entry.type, entry.name, entry.inputs, {"project": rest.partition(".")[0]}).outputs
    return ServiceAccount(email, str(outputs["uniqueId"]))


def _role(capture: Capture, instance: Registration) -> str:
    """The role in the profile of an instance."""
    profiles = capture.of_type("aws:iam/instanceProfile:InstanceProfile")
    (name,) = (
        entry.inputs["role"] for entry in profiles if entry.inputs["name"] == instance.inputs["iamInstanceProfile"]
    )
    return str(name)


def document_address(cloud: CloudStandIn) -> str:
    """Where the machine is told that its document lies."""
    return (cloud.attributes if isinstance(cloud, GoogleCloud) else cloud.tags)["packyard-document"]


def change_document(cloud: CloudStandIn, pattern: str, replacement: str) -> None:
    """Puts a document in place that differs from the registered one in one spot."""
    address = document_address(cloud)
    text, count = re.subn(pattern, replacement, cloud.bucket.objects[address].decode())
    if count != 1:
        raise LabError(f"{pattern} stands {count} times in the document")
    cloud.bucket.objects[address] = text.encode()


def bundle_address(cloud: CloudStandIn) -> str:
    """Where the document says that the bundle lies."""
    return str(json.loads(cloud.bucket.objects[document_address(cloud)])["bundle"]["url"])


def name_stand_in_agent(cloud: CloudStandIn) -> None:
    """For a machine that is alone: the lab's own agent in its document."""
    if isinstance(cloud, AmazonCloud):
        address = document_address(cloud)
        cloud.bucket.objects[address] = StandInValues({}, cloud.agent).in_place(cloud.bucket.objects[address])


def playbook_of(document: Any, objects: Mapping[str, bytes]) -> str:
    """The playbook of a machine's role, in the bundle that its document names; empty where there is none."""
    with tarfile.open(fileobj=io.BytesIO(objects[document["bundle"]["url"]])) as bundle:
        try:
            file = bundle.extractfile(f"playbooks/{document['role']}.yml")
        except KeyError:
            return ""
        return file.read().decode() if file else ""
