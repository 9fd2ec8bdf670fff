"""Every rule of the cloud-native cluster has a file that breaks it."""

import pytest

from tests.support import faults_of


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"nodes.minimum": 0}, "nodes.minimum", "CoreDNS"),
        ({"nodes.diskGiB": 1}, "nodes.diskGiB", "greater than or equal to"),
        ({"nodes.instanceTypes": ["m7i.large", "m7g.large"]}, "nodes.instanceTypes.1", "one image boots both"),
        ({"nodes.instanceTypes": ["mac2.metal"]}, "nodes.instanceTypes.0", "unknown family"),
        ({"apiAccessCidrs": ["10.16.0.0/16"]}, "apiAccessCidrs.0", "10.0.0.0/8"),
        ({"apiAccessCidrs": ["203.0.113.0/24", "100.64.0.0/24"]}, "apiAccessCidrs.1", "100.64.0.0/10"),
        ({"apiAccessCidrs": ["203.0.113.7/32", "203.0.113.0/24"]}, "apiAccessCidrs.1", "in common"),
    ],
)
def test_a_cluster_that_eks_would_refuse_is_refused(changes: dict[str, object], place: str, words: str) -> None:
    (fault,) = faults_of("staging", {f"cloudNativeCluster.{key}": value for key, value in changes.items()})

    assert ".".join(map(str, fault.path)) == f"cloudNativeCluster.{place}"
    assert words in f"{fault.wrong} {fault.right}"


def test_public_ranges_that_share_no_address_are_taken() -> None:
    assert faults_of("staging", {"cloudNativeCluster.apiAccessCidrs": ["203.0.113.0/25", "203.0.113.128/25"]}) == ()
