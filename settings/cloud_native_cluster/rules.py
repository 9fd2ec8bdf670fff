"""Rules of the cloud-native cluster that look at more than one value."""

import ipaddress
from collections.abc import Iterator
from itertools import combinations

from settings.faults import Fault, disagreement
from settings.machine.processors import aws_architecture
from settings.stack import Settings


def nodes_have_one_architecture(settings: Settings) -> Iterator[Fault]:
    """The group has one image, and a node of another architecture never starts from it."""
    if (cluster := settings.cloud_native_cluster) is None:
        return
    types = cluster.nodes.instance_types
    for index, instance_type in enumerate(types):
        path = ("cloudNativeCluster", "nodes", "instanceTypes", index)
        architecture = aws_architecture(instance_type)
        if architecture is None:
            yield Fault(
                path, f"{instance_type} is of an unknown family", "a type that settings/machine/processors.py knows"
            )
        elif (first := aws_architecture(types[0])) is not None and architecture is not first:
            yield disagreement(
                path,
                (*path[:-1], 0),
                f"{instance_type} is {architecture}, {types[0]} is {first}, and one image boots both",
            )


def api_ranges_are_named_once(settings: Settings) -> Iterator[Fault]:
    """EKS refuses a range that is there twice, and one inside another makes no difference when it is taken out."""
    if (cluster := settings.cloud_native_cluster) is None:
        return
    for (_, first), (index, second) in combinations(enumerate(cluster.api_access_cidrs), 2):
        if ipaddress.IPv4Network(first).overlaps(ipaddress.IPv4Network(second)):
            yield Fault(
                ("cloudNativeCluster", "apiAccessCidrs", index),
                f"{second} and {first} have addresses in common",
                "name every range once",
            )


CLOUD_NATIVE_CLUSTER_RULES = (nodes_have_one_architecture, api_ranges_are_named_once)
