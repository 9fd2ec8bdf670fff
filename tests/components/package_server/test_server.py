"""Behind the package server's front: who reads, writes and signs, and who is told when something is wrong."""

import re
from urllib.parse import urlsplit

import pytest

from capture import Capture, Registration
from policies.values import at, items, mapping, records, text, texts
from reach.data import role_permissions
from settings.vocabulary import Trust
from tests.components.package_server.registered import NAME, document, grants, named
from tests.support import STACKS, estate, variant
from tests.tiers import publish_shard_on_gcp, tiers

BACKEND_BUCKET = "gcp:compute/backendBucket:BackendBucket"


@pytest.fixture(params=STACKS)
def capture(request: pytest.FixtureRequest) -> Capture:
    return estate(request.param)


@pytest.mark.parametrize(
    ("what", "first"), [("public-keys", "public-keys"), ("release", "release-metadata")], ids=["keys", "release"]
)
def test_the_load_balancer_gets_objects_of_what_it_serves_and_lists_nothing(
    capture: Capture, what: str, first: str
) -> None:
    bucket = named(capture, "Bucket", f"{NAME}-{what}")
    backend = named(capture, "BackendBucket", f"{NAME}-{first}")
    (grant,) = (
        each
        for each in grants(capture, "BucketIAMMember", "bucket", bucket)
        if "https-lb.iam" in text(each.inputs["member"])
    )

    assert backend.inputs["bucketName"] == bucket.inputs["name"]
    assert bucket.inputs["publicAccessPrevention"] == "enforced"
    assert re.fullmatch(r"serviceAccount:service-\d+@https-lb\.iam\.gserviceaccount\.com", text(grant.inputs["member"]))
    assert role_permissions(text(grant.inputs["role"])) == {"storage.objects.get"}
    # The service agent is made with the first backend bucket, so a grant before it is refused.
    assert backend.urn in grant.dependencies


def test_the_load_balancer_reads_no_pre_release(capture: Capture) -> None:
    bucket = named(capture, "Bucket", f"{NAME}-pre-release")

    (grant,) = grants(capture, "BucketIAMMember", "bucket", bucket)
    assert "https-lb" not in text(grant.inputs["member"])
    assert bucket.inputs["name"] not in [each.inputs["bucketName"] for each in capture.of_type(BACKEND_BUCKET)]


def test_a_stranger_is_refused_on_the_upload_host(capture: Capture) -> None:
    policy = named(capture, "SecurityPolicy", f"{NAME}-upload")
    rules = sorted(records(policy.inputs["rules"]), key=lambda rule: int(str(rule["priority"])))
    backend = named(capture, "BackendService", f"{NAME}-upload")

    assert policy.urn in backend.property_dependencies["securityPolicy"]
    assert rules[-1]["action"] == "deny(403)"
    assert texts(at(rules[-1], "match.config.srcIpRanges")) == ("*",)
    for rule in rules[:-1]:
        allowed = texts(at(rule, "match.config.srcIpRanges"))
        assert len(allowed) <= 10, "Cloud Armor takes ten ranges in a rule"
        assert all(int(cidr.partition("/")[2]) >= 16 for cidr in allowed)


def test_publish_jobs_may_upload_and_no_other_job_of_the_estate() -> None:
    """They leave through addresses of their own, which no operator should have to list."""
    capture = variant("production", tiers("production", Trust, Trust) | publish_shard_on_gcp("production"))
    policy = named(capture, "SecurityPolicy", f"{NAME}-upload")
    ways_out = {
        entry.urn: entry.name
        for entry in capture.resources
        if (entry.kind == "Address" and entry.name.endswith("-nat")) or (entry.kind == "Eip" and "-nat-" in entry.name)
    }

    admitted = {ways_out[urn] for urn in policy.property_dependencies["rules"] if urn in ways_out}

    assert admitted == {"publish-build-runners-nat", *(f"aws-nat-publish-{zone}" for zone in "abc")}
    assert len(ways_out) > len(admitted)


def test_nothing_but_the_load_balancer_reaches_the_machine(capture: Capture) -> None:
    firewall = named(capture, "Firewall", f"{NAME}-load-balancer")
    account = named(capture, "Account", NAME)

    assert set(texts(firewall.inputs["sourceRanges"])) == {"35.191.0.0/16", "130.211.0.0/22"}
    assert account.urn in firewall.property_dependencies["targetServiceAccounts"]
    (opened,) = records(firewall.inputs["allows"])
    assert texts(opened["ports"]) == (str(document(capture)["listeners"]["uploadPort"]),)
    for interface in records(named(capture, "Instance", NAME).inputs["networkInterfaces"]):
        assert not items(interface.get("accessConfigs")), "a public address of its own"


def test_pre_releases_and_releases_share_neither_bucket_nor_host(capture: Capture) -> None:
    told = document(capture)
    release, pre_release = told["channels"]

    assert release["bucket"] != pre_release["bucket"]
    assert (release["host"], pre_release["host"]) == (told["publicHost"], told["uploadHost"])


def test_a_repository_is_told_with_its_days_and_who_may_what_in_it(capture: Capture) -> None:
    told = document(capture)
    names = {pipeline["name"] for pipeline in told["pipelines"]}

    for repository in told["repositories"]:
        assert bool(repository["components"]) == (repository["format"] == "apt")
        assert repository["retentionDays"] >= 3
        assert {*repository["uploaders"], *repository["releasers"]} <= names
    assert all(
        all(pipeline[key] for key in ("issuer", "projectId", "ref", "environment")) for pipeline in told["pipelines"]
    )


def test_the_server_ends_cached_copies_and_changes_no_route(capture: Capture) -> None:
    """What it takes out of the bucket was cached for a year."""
    member = text(named(capture, "SecretIamMember", f"{NAME}-admin-password-machine").inputs["member"])
    granted = named(capture, "IAMMember", f"{NAME}-cache-ender").inputs
    role = named(capture, "IAMCustomRole", f"{NAME}-cache-ender").inputs

    assert granted["member"] == member
    assert granted["role"] == f"projects/{role['project']}/roles/{role['roleId']}"
    assert texts(role["permissions"]) == ("compute.urlMaps.invalidateCache",)
    url_map = next(entry for entry in capture.of_type("gcp:compute/uRLMap:URLMap") if entry.name == NAME)
    assert document(capture)["urlMap"] == url_map.inputs["name"]


def test_the_server_alone_writes_packages(capture: Capture) -> None:
    member = text(named(capture, "SecretIamMember", f"{NAME}-admin-password-machine").inputs["member"])
    for what in ("release", "pre-release"):
        bucket = named(capture, "Bucket", f"{NAME}-{what}")
        writers = [
            (grant.inputs["member"], grant.inputs["role"])
            for grant in grants(capture, "BucketIAMMember", "bucket", bucket)
            if (role_permissions(text(grant.inputs["role"])) or frozenset()) - {"storage.objects.get"}
        ]

        assert writers == [(member, "roles/storage.objectUser")]


@pytest.mark.parametrize("purpose", ["metadata", "package"])
def test_a_signing_key_is_read_by_the_machine_alone(capture: Capture, purpose: str) -> None:
    secret = named(capture, "Secret", f"{NAME}-{purpose}-signing-key")
    (grant,) = grants(capture, "SecretIamMember", "secretId", secret)
    account = named(capture, "Account", NAME)

    assert account.urn in grant.property_dependencies["member"]
    assert secret.inputs["secretId"] in [key["secret"] for key in document(capture)["signingKeys"]]
    assert not [
        entry for entry in capture.resources if entry.kind == "SecretVersion" and secret.urn in entry.dependencies
    ]


def test_packages_and_metadata_are_signed_with_different_keys(capture: Capture) -> None:
    keys = document(capture)["signingKeys"]

    for field in ("secret", "fingerprint", "publicFile", "purpose"):
        assert len({key[field] for key in keys}) == 2, field


def test_probes_ask_for_the_plain_urls_of_clients(capture: Capture) -> None:
    """A probe with a cache-buster has stayed green while every client failed (wheels-dev/apt-wheels#6)."""
    told = document(capture)
    checks = [
        entry for entry in capture.of_type("gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig") if NAME in entry.name
    ]
    asked = {
        (text(at(check.inputs, "monitoredResource.labels.host")), text(at(check.inputs, "httpCheck.path")))
        for check in checks
    }

    assert all(
        urlsplit(path).query == "" and "headers" not in mapping(check.inputs["httpCheck"])
        for check in checks
        for _, path in asked
    )
    on_public = [path for host, path in asked if host == told["publicHost"]]
    assert any(path.endswith("/InRelease") for path in on_public)
    assert any(path.endswith("/repomd.xml") for path in on_public)
    assert {f"/{key['publicFile']}" for key in told["signingKeys"]} <= set(on_public)


def test_every_probe_metric_and_key_raises_an_alarm(capture: Capture) -> None:
    alarms = [
        entry
        for entry in capture.of_type("gcp:monitoring/alertPolicy:AlertPolicy")
        if "package_server:PackageServer" in entry.urn
    ]
    watched = {urn for alarm in alarms for urn in alarm.dependencies}
    for entry in capture.resources:
        if "package_server:PackageServer" in entry.urn and entry.kind in ("UptimeCheckConfig", "MetricDescriptor"):
            assert entry.urn in watched, entry.name
    assert all(items(alarm.inputs["notificationChannels"]) for alarm in alarms)
    assert sorted(threshold(alarm) for alarm in alarms if "-key-" in alarm.name and "probe" not in alarm.name) == [
        7,
        30,
        90,
    ]


def threshold(alarm: Registration) -> float:
    return float(str(at(alarm.inputs, "conditions.conditionThreshold.thresholdValue")))


def test_the_machine_is_told_what_keeps_clients_from_failing(capture: Capture) -> None:
    pulp = document(capture)["pulp"]

    assert pulp["aptByHash"] is True, "off by default in pulp_deb"
    assert pulp["rpmCompression"] == "gz", "EL 7 reads no zst"
    assert pulp["autopublish"] is False
    assert pulp["publicationRetentionSeconds"] >= 3 * 24 * 3600
    assert not {pin.partition("=")[0] for pin in pulp["serverPins"]} & {
        pin.partition("=")[0] for pin in pulp["cliPins"]
    }


def test_backups_go_to_a_place_that_admits_this_machine(capture: Capture) -> None:
    place = document(capture)["backup"]["offsite"]
    role = next(
        entry
        for entry in capture.of_type("aws:iam/role:Role")
        if place["roleArn"].endswith(f"/{entry.inputs.get('name', '')}")
    )

    assert named(capture, "Account", NAME).urn in role.property_dependencies["assumeRolePolicy"]
