"""Nodes of the cloud-native cluster: their image and their version follow the settings."""

from typing import Any

import pytest

from tests.registrations import one
from tests.support import variant


@pytest.mark.parametrize(
    ("types", "image"),
    [
        (["m7i.large", "m7a.large"], "AL2023_x86_64_STANDARD"),
        (["m7g.large", "m8g.large"], "AL2023_ARM_64_STANDARD"),
    ],
)
def test_nodes_boot_an_image_of_their_architecture_at_the_version_of_the_cluster(types: list[str], image: str) -> None:
    capture = variant(
        "staging", {"cloudNativeCluster.nodes.instanceTypes": types, "cloudNativeCluster.version": "1.35"}
    )
    nodes: Any = one(capture, "aws:eks/nodeGroup:NodeGroup", "cloud-native-nodes").inputs

    assert (nodes["amiType"], nodes["version"]) == (image, "1.35")
