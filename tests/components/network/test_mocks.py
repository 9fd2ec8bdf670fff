"""Networks of both clouds, seen through Pulumi's mocks."""

import pulumi
import pytest

from components.network import AwsNetwork, AwsNetworkArgs
from settings.network.section import NatMode
from tests.components.mocks import Neighbours, built, context, once, settings

GOOGLES_PROXY = "35.235.240.0/20"
"""Where Identity-Aware Proxy comes from (Google, "Using IAP for TCP forwarding")."""


@pulumi.runtime.test
def build_on_gcp() -> None:
    _ = Neighbours().testground


@pulumi.runtime.test
def build_on_aws(nat: NatMode = NatMode.SINGLE) -> None:
    own = settings()
    network = own.network.aws.model_copy(update={"nat_gateways": nat})
    args = AwsNetworkArgs(
        settings=network, availability_zones=own.aws.availability_zones, flow_logs=own.network.flow_logs
    )
    AwsNetwork("aws", args, context(), aws_provider=Neighbours().providers.aws)


def test_nothing_enters_a_network_on_gcp_but_operators_through_googles_proxy() -> None:
    clouds = once(build_on_gcp)

    rules = [made.inputs for made in clouds.of_type("gcp:compute/firewall:Firewall")]
    allowed = [rule for rule in rules if rule["direction"] == "INGRESS" and "allows" in rule]
    assert [rule["sourceRanges"] for rule in allowed] == [[GOOGLES_PROXY]]


def test_no_machine_on_aws_gets_a_public_address_by_being_there() -> None:
    clouds = once(build_on_aws)

    subnets = clouds.of_type("aws:ec2/subnet:Subnet")
    assert subnets
    assert not any(subnet.inputs["mapPublicIpOnLaunch"] for subnet in subnets)


def test_the_default_group_of_the_vpc_lets_nothing_pass() -> None:
    clouds = once(build_on_aws)

    group = clouds.one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs
    assert not group.get("ingress")
    assert not group.get("egress")


@pytest.mark.parametrize(("nat", "gateways"), [(NatMode.SINGLE, 1), (NatMode.PER_ZONE, 3)])
def test_the_loss_of_a_zone_takes_the_way_out_only_where_one_gateway_serves_all(nat: NatMode, gateways: int) -> None:
    clouds = built(build_on_aws, nat)

    assert len(clouds.of_type("aws:ec2/natGateway:NatGateway")) == gateways
