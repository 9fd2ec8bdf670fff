"""The dev instance, seen through Pulumi's mocks."""

import pulumi
import pytest

from components.dev_instance import DevInstance, DevInstanceArgs
from settings.vocabulary import GcpProject
from tests.components.mocks import Neighbours, context, once, present, settings


def dev_instance() -> DevInstance:
    near = Neighbours()
    args = DevInstanceArgs(
        settings=present(settings().dev_instance),
        project=settings().gcp.projects.testground,
        image=settings().gcp.image,
        network=near.testground,
        zone=near.zone,
        store=near.store,
        alerts=near.alerts.for_project(GcpProject.TESTGROUND),
        vault=near.vault,
    )
    return DevInstance("dev-instance", args, context(), gcp_provider=near.providers.testground)


@pulumi.runtime.test
def build() -> None:
    dev_instance()


def test_the_name_leads_to_the_address_of_the_machine() -> None:
    clouds = once(build)

    address = clouds.one("gcp:compute/address:Address", "dev-instance-public")
    instance = clouds.one("gcp:compute/instance:Instance")
    (outside,) = instance.inputs["networkInterfaces"][0]["accessConfigs"]
    records = [made for made in clouds.of_type("gcp:dns/recordSet:RecordSet") if made.inputs["type"] == "A"]
    assert address.inputs["addressType"] == "EXTERNAL"
    assert all(record.inputs["rrdatas"] == [outside["natIp"]] for record in records)
    assert records


def test_no_bucket_of_it_can_be_opened_to_the_world() -> None:
    clouds = once(build)

    buckets = [made for made in clouds.of_type("gcp:storage/bucket:Bucket") if made.name.startswith("dev-instance")]
    assert buckets
    assert {bucket.inputs["publicAccessPrevention"] for bucket in buckets} == {"enforced"}


@pytest.mark.usefixtures("clouds")
@pulumi.runtime.test
def test_clients_are_told_the_host_keys_that_the_settings_name() -> None:
    instance = dev_instance()

    keys = present(settings().dev_instance).git_ssh.host_public_keys
    assert len(instance.known_hosts.splitlines()) == len(keys)
