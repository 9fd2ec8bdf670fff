"""The machine store, seen through Pulumi's mocks."""

import pulumi

from components.machine_store import MachineStore
from tests.components.mocks import Clouds, Neighbours, once


def store() -> MachineStore:
    return Neighbours().store


@pulumi.runtime.test
def build() -> None:
    store()


def test_nobody_without_an_identity_reads_what_machines_are_told() -> None:
    clouds = once(build)

    block = clouds.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").inputs
    assert block["blockPublicAcls"] is block["blockPublicPolicy"] is block["restrictPublicBuckets"] is True
    assert clouds.one("gcp:storage/bucket:Bucket").inputs["publicAccessPrevention"] == "enforced"


def test_a_replaced_document_can_be_looked_up_for_a_while() -> None:
    clouds = once(build)

    on_gcp = clouds.one("gcp:storage/bucket:Bucket").inputs
    on_aws = clouds.one("aws:s3/bucketVersioning:BucketVersioning").inputs
    assert on_gcp["versioning"] == {"enabled": True}
    assert on_aws["versioningConfiguration"] == {"status": "Enabled"}
    (rule,) = clouds.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").inputs["rules"]
    ages = {rule_["condition"].get("daysSinceNoncurrentTime") for rule_ in on_gcp["lifecycleRules"]}
    assert rule["noncurrentVersionExpiration"]["noncurrentDays"] in ages, "both clouds forget at the same age"


@pulumi.runtime.test
def test_both_clouds_offer_one_bundle_whose_address_is_its_digest(clouds: Clouds) -> pulumi.Output[None]:
    made = store()

    def check(addresses: list[str]) -> None:
        assert [address.partition("://")[0] for address in addresses] == ["gs", "s3"]
        assert all(address.endswith(f"/bundles/{made.bundle_sha256}.tar") for address in addresses)
        assert clouds.one("aws:s3/bucketObjectv2:BucketObjectv2").inputs["contentType"] == "application/x-tar"

    return pulumi.Output.all(made.gcs_bundle, made.s3_bundle).apply(check)
