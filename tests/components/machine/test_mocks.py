"""Machines of both clouds, seen through Pulumi's mocks."""

import json
from typing import Any

import pulumi

from components.machine import Ec2Machine, Ec2MachineArgs, GceMachine, GceMachineArgs
from settings.machine.document import RoleSettings
from settings.vocabulary import GcpProject
from tests.components.mocks import Clouds, Neighbours, built, context, once, present, settings, unsealed
from tests.registrations import unpacked

GCE, EC2 = "gcp:compute/instance:Instance", "aws:ec2/instance:Instance"


class Greeting(RoleSettings):
    """What an imagined role is told."""

    words: str


@pulumi.runtime.test
def build(words: str = "hello", *, public: bool = False) -> None:
    near, document = Neighbours(), pulumi.Output.from_input(Greeting(words=words))
    pair = present(settings().database_pair)
    shared: dict[str, Any] = {
        "role": "greeter",
        "document": document,
        "store": near.store,
        "alerts": near.alerts.for_project(GcpProject.TESTGROUND),
        "public_address": public,
    }
    on_gcp = GceMachineArgs(size=pair.gcp, image=settings().gcp.image, network=near.testground, **shared)
    on_aws = Ec2MachineArgs(
        size=pair.aws,
        image=settings().aws.image,
        vpc_id=near.aws.vpc_id,
        subnet_id=near.aws.private_subnet_ids[0],
        availability_zone=settings().aws.availability_zones[0],
        **shared,
    )
    GceMachine("near", on_gcp, context(), gcp_provider=near.providers.testground)
    Ec2Machine("far", on_aws, context(), aws_provider=near.providers.aws)


def instances(clouds: Clouds) -> list[dict[str, Any]]:
    return [dict(clouds.one(kind).inputs) for kind in (GCE, EC2)]


def documents(clouds: Clouds) -> list[dict[str, Any]]:
    made = [entry for entry in clouds.made if entry.name.endswith("-document") and "content" in entry.inputs]
    return [json.loads(unsealed(entry.inputs["content"])) for entry in made]


def test_both_clouds_hand_the_same_bytes_to_the_first_boot() -> None:
    clouds = once(build)

    on_gcp, on_aws = instances(clouds)
    assert on_gcp["metadata"]["user-data"] == unpacked(on_aws["userDataBase64"])


def test_a_changed_setting_changes_the_document_and_no_instance() -> None:
    after = built(build, "good evening")

    assert instances(after) == instances(once(build))
    assert [document["settings"] for document in documents(after)] == 2 * [{"words": "good evening"}]


def test_a_machine_has_no_public_address_unless_it_asks_for_one() -> None:
    clouds = once(build)

    on_gcp, _ = instances(clouds)
    assert on_gcp["networkInterfaces"][0]["accessConfigs"] == []
    assert not any("far" in address.name for address in clouds.of_type("aws:ec2/eip:Eip"))


def test_a_machine_that_asks_for_a_public_address_keeps_it() -> None:
    clouds = built(build, public=True)

    address = clouds.one("gcp:compute/address:Address", "near-public")
    assert address.inputs["addressType"] == "EXTERNAL"
    assert address.inputs["deletionPolicy"] == "PREVENT"
    assert clouds.one("aws:ec2/eip:Eip", "far-public")


def test_the_data_is_on_a_disk_apart_that_is_snapshot_before_it_goes() -> None:
    clouds = once(build)

    assert clouds.one("gcp:compute/disk:Disk").inputs["createSnapshotBeforeDestroy"] is True
    assert clouds.one("aws:ebs/volume:Volume").inputs["finalSnapshot"] is True
    on_gcp, on_aws = instances(clouds)
    assert on_gcp["bootDisk"]["autoDelete"] is True
    assert on_aws["rootBlockDevice"]["deleteOnTermination"] is True
