"""The backup vault, seen through Pulumi's mocks."""

import pulumi

from components.backup_vault import OffsitePlace
from tests.components.mocks import Neighbours, built, once, present, settings

SERVICE, IDENTITY = "status-page", "100000000000000000001"


@pulumi.runtime.test
def build(places: list[OffsitePlace] | None = None) -> None:
    """Makes the vault, and notes the place that a service is told before it is let in."""
    vault = Neighbours().vault
    if places is not None:
        places.append(vault.place(SERVICE))
    vault.admit(SERVICE, IDENTITY)


def test_neither_bucket_can_be_opened_to_the_world() -> None:
    clouds = once(build)

    block = clouds.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    near = clouds.one("gcp:storage/bucket:Bucket")
    assert {key for key, value in block.inputs.items() if value is True} == {
        "blockPublicAcls",
        "blockPublicPolicy",
        "ignorePublicAcls",
        "restrictPublicBuckets",
    }
    assert near.inputs["publicAccessPrevention"] == "enforced"


def test_every_version_is_kept_and_locked_as_the_settings_say() -> None:
    clouds = once(build)

    lock = clouds.one("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration").inputs["rule"]
    versioning = clouds.one("aws:s3/bucketVersioning:BucketVersioning").inputs["versioningConfiguration"]
    wanted = present(settings().backup_vault).s3
    assert lock["defaultRetention"] == {"mode": wanted.lock_mode, "days": wanted.lock_days}
    assert versioning == {"status": "Enabled"}


def test_a_service_is_told_its_place_before_the_role_behind_it_exists() -> None:
    places: list[OffsitePlace] = []

    clouds = built(build, places)

    (place,) = places
    role = clouds.one("aws:iam/role:Role", f"backup-vault-offsite-{SERVICE}")
    assert place.role_arn.endswith(f":role/{role.inputs['name']}")
    assert IDENTITY in role.inputs["assumeRolePolicy"]
