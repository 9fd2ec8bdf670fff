"""The dev instance: its ports, buckets, backups, host keys and the document that tells its machine about them."""

import json
from typing import Any

import pytest

from capture import Capture, Registration
from policies.values import component_chain
from settings.dev_instance.document import DevInstanceDocument
from tests.registrations import inputs, one, role_settings
from tests.support import STACKS, estate, stack_file_text, variant

FIREWALL = "gcp:compute/firewall:Firewall"
BUCKET = "gcp:storage/bucket:Bucket"
WORLD = "0.0.0.0/0"
INSTANCE = "packyard:dev_instance:DevInstance"
IAP = "35.235.240.0/20"

OBJECT_TYPES = {
    "artifacts",
    "externalDiffs",
    "lfs",
    "uploads",
    "packages",
    "dependencyProxy",
    "terraformState",
    "ciSecureFiles",
    "agentPlanContent",
    "pages",
}
"""Types of the consolidated form of object storage (GitLab documentation)."""

OPEN: dict[str, object] = {
    "devInstance.gitSsh.openToWorld": True,
    "devInstance.gitSsh.allowedCidrs": [],
    "devInstance.registry.openToWorld": True,
    "devInstance.registry.allowedCidrs": [],
    "devInstance.pagesDomain": "pages.staging.packyard.example.com",
}


@pytest.fixture(scope="module")
def opened() -> Capture:
    """Staging with git, registry and GitLab Pages open to everyone."""
    return variant("staging", OPEN)


@pytest.fixture(scope="module")
def closed() -> Capture:
    """Staging with git over SSH for nobody, and backups that are kept for more than a year."""
    return variant("staging", {"devInstance.gitSsh.allowedCidrs": [], "devInstance.backup.keepDays": 400})


def part(capture: Capture, kind: str, name: str) -> Any:
    return inputs(capture, kind, name, within=INSTANCE)


def values(entry: Registration) -> Any:
    """The inputs, whose shapes the SDK's typed arguments have already checked."""
    return entry.inputs


def in_instance(entry: Registration) -> bool:
    return INSTANCE in component_chain(entry)


def document(capture: Capture) -> dict[str, Any]:
    return role_settings(capture, "dev-instance")


def member(capture: Capture) -> str:
    account = one(capture, "Account", "dev-instance")
    return str(account.outputs.get("member") or f"serviceAccount:{account.inputs['accountId']}")


def rules_for(capture: Capture, port: int) -> list[Registration]:
    """Firewall rules of the instance's own about a port."""
    return [
        entry
        for entry in capture.of_type(FIREWALL)
        if in_instance(entry) and any(str(port) in allow["ports"] for allow in values(entry)["allows"])
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_git_and_administration_share_no_rule(stack: str) -> None:
    capture = estate(stack)
    git_port = document(capture)["gitSsh"]["port"]
    (git,) = rules_for(capture, git_port)
    tags = set(part(capture, "Instance", "dev-instance")["tags"])
    administration = [entry for entry in capture.of_type(FIREWALL) if tags & set(values(entry).get("targetTags", ()))]

    assert git_port != 22
    assert administration
    assert git not in administration
    assert {source for entry in administration for source in values(entry)["sourceRanges"]} == {IAP}
    assert {port for entry in administration for allow in values(entry)["allows"] for port in allow["ports"]} == {"22"}
    assert rules_for(capture, 22) == []


def test_only_the_web_is_open_to_the_world_unless_the_stack_file_says_so(opened: Capture) -> None:
    def world_ports(capture: Capture) -> set[str]:
        return {
            port
            for entry in capture.of_type(FIREWALL)
            if in_instance(entry) and WORLD in values(entry).get("sourceRanges", ())
            for allow in values(entry)["allows"]
            for port in allow["ports"]
        }

    assert world_ports(estate("staging")) == {"80", "443"}
    assert world_ports(opened) == {"80", "443", "2222", "5050"}


def test_without_a_network_that_may_there_is_no_git_over_ssh(closed: Capture) -> None:
    assert rules_for(closed, 2222) == []


def test_the_registry_counts_on_no_address_of_the_estate_whose_machines_never_send_there() -> None:
    (rule,) = rules_for(estate("production"), 5050)

    assert not rule.property_dependencies.get("sourceRanges")
    assert values(rule)["sourceRanges"] == ("203.0.113.0/24",)


def test_every_rule_reaches_this_machine_alone() -> None:
    capture = estate("production")
    for entry in capture.of_type(FIREWALL):
        if in_instance(entry):
            (target,) = values(entry)["targetServiceAccounts"]
            assert "dev-instance" in str(target)


@pytest.mark.parametrize("stack", STACKS)
def test_known_hosts_holds_the_keys_of_the_settings_and_of_the_document(stack: str) -> None:
    capture = estate(stack)
    told = document(capture)
    lines = [line.split(" ") for line in str(capture.root.outputs["known_hosts"]).splitlines()]
    stack_file = stack_file_text(stack)

    assert {name for name, _, _ in lines} == {f"[{told['hostName']}]:{told['gitSsh']['port']}"}
    assert {f"{kind} {key}" for _, kind, key in lines} == {key["publicKey"] for key in told["gitSsh"]["hostKeys"]}
    assert sorted(kind for _, kind, _ in lines) == ["ecdsa-sha2-nistp256", "ssh-ed25519", "ssh-rsa"]
    assert all(f"- {kind} {key}\n" in stack_file for _, kind, key in lines)


def test_known_hosts_is_known_before_anything_exists() -> None:
    final, before = estate("production"), estate("production", preview=True)

    assert before.root.outputs["known_hosts"] == final.root.outputs["known_hosts"]


def test_each_host_key_has_a_secret_of_its_type_that_the_machine_alone_reads() -> None:
    capture = estate("production")
    for key in document(capture)["gitSsh"]["hostKeys"]:
        assert key["publicKey"].startswith(key["keyType"])
        secret = part(capture, "Secret", f"dev-instance-host-key-{key['keyType']}")
        assert secret["secretId"] == key["secret"]
        assert (
            "dev-instance"
            in part(capture, "SecretIamMember", f"dev-instance-host-key-{key['keyType']}-machine")["member"]
        )


def test_secrets_have_no_value_in_the_program() -> None:
    assert estate("production").of_type("gcp:secretmanager/secretVersion:SecretVersion") == ()


def test_each_type_of_object_has_a_bucket_that_the_machine_owns() -> None:
    capture = estate("production")
    buckets = document(capture)["objectStore"]["buckets"]
    registry = document(capture)["registry"]["bucket"]

    assert set(buckets) == OBJECT_TYPES
    assert len({*buckets.values(), registry}) == len(OBJECT_TYPES) + 1
    for bucket in (*buckets.values(), registry):
        assert grants(capture, bucket) == {"roles/storage.objectAdmin"}


def test_every_bucket_is_private_versioned_and_survives_a_deletion() -> None:
    capture = estate("production")
    buckets = [entry for entry in capture.of_type(BUCKET) if in_instance(entry)]

    assert len(buckets) == len(OBJECT_TYPES) + 3
    for bucket in buckets:
        values: Any = bucket.inputs
        assert values["publicAccessPrevention"] == "enforced"
        assert values["uniformBucketLevelAccess"] is True
        assert values["versioning"]["enabled"] is True
        assert values["softDeletePolicy"]["retentionDurationSeconds"] >= 7 * 86400
        assert bucket.protect
        assert bucket.retain_on_delete
        assert values["deletionPolicy"] == "PREVENT"


def test_the_secrets_are_backed_up_apart_from_the_data() -> None:
    capture = estate("production")
    backup = document(capture)["backup"]
    data, secrets = backup["dataOffsite"], backup["secretsOffsite"]

    assert backup["dataBucket"] != backup["secretsBucket"]
    assert data["prefix"] != secrets["prefix"]
    assert data["roleArn"] != secrets["roleArn"]
    assert backup["secretsBucket"] not in document(capture)["objectStore"]["buckets"].values()


def test_the_machine_adds_backups_and_deletes_none() -> None:
    capture = estate("production")
    backup = document(capture)["backup"]

    assert grants(capture, backup["dataBucket"]) == {"roles/storage.objectCreator", "roles/storage.objectViewer"}
    assert grants(capture, backup["secretsBucket"]) == {"roles/storage.objectCreator"}


def grants(capture: Capture, bucket: str) -> set[Any]:
    return {
        values(entry)["role"]
        for entry in capture.of_type("gcp:storage/bucketIAMMember:BucketIAMMember")
        if entry.inputs["bucket"] == bucket
    }


def test_secrets_are_kept_at_least_as_long_as_the_data_that_they_decrypt(closed: Capture) -> None:
    ages = {
        name: max(rule["condition"].get("age", 0) for rule in part(closed, "Bucket", name)["lifecycleRules"])
        for name in ("dev-instance-backup", "dev-instance-backup-etc")
    }

    assert ages["dev-instance-backup"] == 400
    assert ages["dev-instance-backup-etc"] >= 400
    assert document(closed)["backup"]["keepSeconds"] == 400 * 86400


def test_the_offsite_roles_of_the_document_exist_and_trust_this_machine() -> None:
    capture = estate("production")
    backup = document(capture)["backup"]
    account = next(
        entry for entry in capture.of_type("gcp:serviceaccount/account:Account") if entry.name == "dev-instance"
    )
    roles = {entry.name: entry for entry in capture.of_type("aws:iam/role:Role")}
    for place in (backup["dataOffsite"], backup["secretsOffsite"]):
        role = roles[f"backup-vault-offsite-{place['prefix']}"]
        trust = json.loads(str(role.inputs["assumeRolePolicy"]))["Statement"][0]["Condition"]["StringEquals"]
        assert place["roleArn"].endswith(f":role/{role.inputs['name']}")
        assert trust["accounts.google.com:oaud"] == place["audience"]
        assert account.urn in role.dependencies


def test_the_upgrader_may_snapshot_its_own_disk_and_no_other() -> None:
    capture = estate("production")
    snapshots = document(capture)["upgrade"]["snapshots"]
    disk = part(capture, "Disk", "dev-instance-data")
    copier = part(capture, "DiskIamMember", "dev-instance-disk-copier")
    keeper = part(capture, "IAMMember", "dev-instance-snapshot-keeper")

    assert snapshots["disk"] == disk["name"] == copier["name"]
    assert part(capture, "IAMCustomRole", "dev-instance-disk-copier")["permissions"] == ["compute.disks.createSnapshot"]
    assert copier["role"].endswith(part(capture, "IAMCustomRole", "dev-instance-disk-copier")["roleId"])
    assert f'snapshots/{snapshots["namePrefix"]}")' in keeper["condition"]["expression"]
    permissions = part(capture, "IAMCustomRole", "dev-instance-snapshot-keeper")["permissions"]
    assert all(permission.startswith("compute.snapshots.") for permission in permissions)


def test_the_machine_has_no_project_wide_right_but_reporting_and_its_snapshots() -> None:
    capture = estate("production")
    account = one(capture, "Account", "dev-instance")
    unconditional = {
        values(entry)["role"]
        for entry in capture.of_type("gcp:projects/iAMMember:IAMMember")
        if account.urn in entry.dependencies and "condition" not in entry.inputs
    }

    assert unconditional == {"roles/logging.logWriter", "roles/monitoring.metricWriter"}


def test_an_upgrade_is_gated_on_readiness_and_room_and_takes_nightlies_alone() -> None:
    told = document(estate("production"))

    assert told["upgrade"]["readinessPath"] == "/-/readiness?all=1"
    assert told["upgrade"]["onCalendar"] == "*-*-* 07:20:00 UTC"
    assert told["upgrade"]["minimumFreeGib"] > 0
    assert told["packages"]["source"].startswith("https://packages.gitlab.com/gitlab/nightly-builds")
    assert told["packages"]["pinPriority"] > 1000
    assert told["externalUrl"] == f"https://{told['hostName']}"


def test_objects_are_reached_with_the_machines_identity() -> None:
    connection = document(estate("production"))["objectStore"]["connection"]

    assert connection == {
        "provider": "Google",
        "googleProject": "example-testground-prd",
        "googleApplicationDefault": True,
    }


def test_the_document_is_read_back_as_it_was_written(opened: Capture) -> None:
    for capture in (opened, estate("production")):
        told = document(capture)
        read = DevInstanceDocument.model_validate_json(json.dumps(told))

        assert json.loads(read.model_dump_json(by_alias=True)) == told


def test_every_public_name_has_a_record_to_the_protected_address(opened: Capture) -> None:
    address = part(opened, "Address", "dev-instance-public")
    records = {
        entry.inputs["name"]: entry.inputs["rrdatas"]
        for entry in opened.of_type("gcp:dns/recordSet:RecordSet")
        if in_instance(entry)
    }

    assert set(records) == {
        "dev.staging.packyard.example.com.",
        "pages.staging.packyard.example.com.",
        "*.pages.staging.packyard.example.com.",
    }
    assert len(set(records.values())) == 1
    assert address["deletionPolicy"] == "PREVENT"


def test_pages_exist_only_where_the_stack_file_asks_for_them(opened: Capture) -> None:
    assert (
        document(opened)["pages"]["certificateSecret"]
        == part(opened, "Secret", "dev-instance-pages-certificate")["secretId"]
    )
    assert document(estate("staging"))["pages"] is None
    assert not any("pages-certificate" in entry.name for entry in estate("staging").registrations)


def test_plain_addresses_are_probed_and_certificates_watched(opened: Capture) -> None:
    probes = [
        entry for entry in opened.of_type("gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig") if in_instance(entry)
    ]
    alarms = [entry for entry in opened.of_type("gcp:monitoring/alertPolicy:AlertPolicy") if in_instance(entry)]

    assert len(probes) == 2
    for probe in probes:
        check: Any = probe.inputs["httpCheck"]
        assert check["useSsl"] is True
        assert check["validateSsl"] is True
        watching = [str(alarm.inputs["conditions"]) for alarm in alarms if probe.urn in alarm.dependencies]
        assert any("check_passed" in condition for condition in watching)
        assert any("time_until_ssl_cert_expires" in condition for condition in watching)


def test_a_late_backup_and_a_held_upgrade_raise_an_alarm_and_so_does_silence() -> None:
    capture = estate("production")
    told = document(capture)["monitoring"]
    for metric in (told["backupAgeMetric"], told["upgradeHeldMetric"]):
        (condition,) = part(capture, "AlertPolicy", f"dev-instance-{metric.replace('_', '-')}")["conditions"]
        threshold = condition["conditionThreshold"]
        assert f'/{metric}"' in threshold["filter"]
        assert threshold["evaluationMissingData"] == "EVALUATION_MISSING_DATA_ACTIVE"
