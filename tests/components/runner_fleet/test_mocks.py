"""The fleet of build runners, seen through Pulumi's mocks."""

import pulumi

from components.runner_fleet import RunnerFleet, RunnerFleetArgs
from settings.runner_fleet.section import AwsManagers, RunnerFleetSettings
from settings.vocabulary import Cloud, GcpProject
from tests.components.mocks import Neighbours, built, context, present, settings

GROUPS = "aws:autoscaling/group:Group"


@pulumi.runtime.test
def build(own: RunnerFleetSettings) -> None:
    near = Neighbours()
    args = RunnerFleetArgs(
        settings=own,
        store=near.store,
        aws_alerts=near.alerts.for_project(GcpProject.TESTGROUND),
        aws_network=near.aws,
        projects=near.build_runners,
        aws_image=settings().aws.image,
        gcp_image=settings().gcp.image,
        aws_zone=settings().aws.availability_zones[0],
        inherited_tags={"owner": "somebody"},
    )
    RunnerFleet("runner-fleet", args, context(), aws_provider=near.providers.aws)


def test_a_shard_grows_to_what_the_settings_allow_and_rests_at_nothing() -> None:
    own = present(settings().runner_fleet)

    clouds = built(build, own)

    shards = [shard for shard in own.shards if shard.cloud is Cloud.AWS]
    limits = sorted((group.inputs["minSize"], group.inputs["maxSize"]) for group in clouds.of_type(GROUPS))
    assert limits == sorted((0, shard.max_instances) for shard in shards)


def test_a_cloud_without_shards_has_no_fleet() -> None:
    own = present(settings().runner_fleet)
    near = tuple(shard for shard in own.shards if shard.cloud is Cloud.GCP)

    clouds = built(build, own.model_copy(update={"shards": near, "aws_managers": AwsManagers()}))

    assert clouds.of_type(GROUPS) == []
    assert clouds.of_type("gcp:compute/instanceGroupManager:InstanceGroupManager")


def test_no_worker_has_a_public_address() -> None:
    clouds = built(build, present(settings().runner_fleet))

    for template in clouds.of_type("gcp:compute/instanceTemplate:InstanceTemplate"):
        assert not any(interface.get("accessConfigs") for interface in template.inputs["networkInterfaces"])
    for template in clouds.of_type("aws:ec2/launchTemplate:LaunchTemplate"):
        interfaces = template.inputs.get("networkInterfaces", [])
        assert not any(interface.get("associatePublicIpAddress") == "true" for interface in interfaces)


def test_workers_carry_the_tags_that_no_provider_gives_them() -> None:
    clouds = built(build, present(settings().runner_fleet))

    groups = clouds.of_type(GROUPS)
    assert groups
    for group in groups:
        assert {"key": "owner", "propagateAtLaunch": True, "value": "somebody"} in group.inputs["tags"]
