"""The package server, seen through Pulumi's mocks."""

import pulumi

from components.package_server import PackageServer, PackageServerArgs
from settings.package_server.section import EmergencyStop, PackageServerSettings
from settings.vocabulary import GcpProject
from tests.components.mocks import Made, Neighbours, built, context, once, present, settings

OPERATOR = "oncall@example.org"


@pulumi.runtime.test
def build(own: PackageServerSettings | None = None) -> None:
    near = Neighbours()
    args = PackageServerArgs(
        settings=own or present(settings().package_server),
        image=settings().gcp.image,
        network=near.testground,
        zone=near.zone,
        store=near.store,
        alerts=near.alerts.for_project(GcpProject.TESTGROUND),
        notification_addresses=[OPERATOR],
    )
    PackageServer("package-server", args, context(), gcp_provider=near.providers.testground)


def test_the_emergency_stop_changes_the_url_map_and_nothing_else() -> None:
    own = present(settings().package_server)
    runs, stopped = EmergencyStop(everything=False), EmergencyStop(everything=True)

    before, after = (built(build, own.model_copy(update={"emergency_stop": stop})) for stop in (runs, stopped))

    changed = {made.type for made in after.made if made not in before.made and not is_bundle(made)}
    assert changed == {"gcp:compute/uRLMap:URLMap"}


def is_bundle(made: Made) -> bool:
    """Uploaded files have no value by which they could be compared."""
    return made.name.endswith("-bundle")


def test_no_bucket_of_packages_is_open_to_the_world() -> None:
    clouds = once(build)

    buckets = [made for made in clouds.of_type("gcp:storage/bucket:Bucket") if made.name.startswith("package-server")]
    members = [made.inputs["member"] for made in clouds.of_type("gcp:storage/bucketIAMMember:BucketIAMMember")]
    assert buckets
    assert all(bucket.inputs["publicAccessPrevention"] == "enforced" for bucket in buckets)
    assert not {"allUsers", "allAuthenticatedUsers"} & set(members)


def test_signing_keys_are_empty_secrets_that_the_machine_alone_reads() -> None:
    clouds = once(build)

    secrets = clouds.of_type("gcp:secretmanager/secret:Secret")
    readers = clouds.of_type("gcp:secretmanager/secretIamMember:SecretIamMember")
    assert len(secrets) == len(readers)
    assert len({reader.inputs["member"] for reader in readers}) == 1
    assert not any(made.type.endswith(":SecretVersion") for made in clouds.made)
