"""The runner fleet as tests look at it."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from capture import Capture, Registration
from settings.vocabulary import Trust
from tests.registrations import data, role_settings
from tests.support import variant
from tests.tiers import publish_shard_on_gcp, tiers

AWS_GROUP = "aws:autoscaling/group:Group"
GCP_GROUP = "gcp:compute/instanceGroupManager:InstanceGroupManager"
FIREWALL = "gcp:compute/firewall:Firewall"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


def all_tiers(colours: Mapping[str, str]) -> Capture:
    """Production with shards of every tier on both clouds."""
    return variant("production", tiers("production", Trust, Trust, colours) | publish_shard_on_gcp("production"))


@cache
def manager_swap() -> Capture:
    """Production while a green manager takes over from a blue one."""
    colours = {"blue": "draining", "green": "serving"}
    return all_tiers(colours)


def config_of(capture: Capture, machine: str) -> dict[str, Any]:
    """The config.toml of one manager, as a fresh copy."""
    return role_settings(capture, machine)["config"]


def managers(capture: Capture) -> list[str]:
    return [
        entry.name
        for entry in capture.registrations
        if re.fullmatch(r"packyard:machine:\w+", entry.type) and entry.name.startswith("runner-manager-")
    ]


def entries(capture: Capture) -> Iterator[dict[str, Any]]:
    for manager in managers(capture):
        yield from config_of(capture, manager)["runners"]


def groups(capture: Capture) -> list[Registration]:
    return [*capture.of_type(AWS_GROUP), *capture.of_type(GCP_GROUP)]


def templates(capture: Capture) -> list[Registration]:
    """Templates of workers on both clouds; a cluster may have launch templates of its own."""
    shards = [entry.urn for entry in capture.registrations if entry.type.startswith("packyard:runner_fleet:")]
    kinds = ("aws:ec2/launchTemplate:LaunchTemplate", "gcp:compute/instanceTemplate:InstanceTemplate")
    return [entry for kind in kinds for entry in capture.of_type(kind) if entry.parent in shards]


def trust_of(group: Registration) -> str:
    """The tier of a group's workers on AWS."""
    return next(tag["value"] for tag in data(group.inputs["tags"]) if tag["key"] == "trust")
