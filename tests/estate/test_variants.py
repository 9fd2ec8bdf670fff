"""Any valid settings build a graph without policy violations.

Valid by construction: each strategy starts from a stack file of the tests and keeps the rules of settings/. The seed is
fixed, so that a failure comes again; PACKYARD_EXAMPLES asks for more examples than a test run can wait for.
"""

import os
from collections.abc import Mapping

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from settings.network.section import INTERFACE_ENDPOINTS
from settings.vocabulary import LOG_RETENTION_DAYS, Cloud, Trust
from tests.estate.promises import broken_promises
from tests.support import variant
from tests.tiers import tiers, worker_image

Changes = dict[str, object]

EXAMPLES = int(os.environ.get("PACKYARD_EXAMPLES", "8"))

ALONE = ("packageServer", "devInstance", "cloudNativeCluster", "runnerFleet", "databasePair", "ciIdentity")
"""Systems that can be left out by themselves."""

INSTANCE_TYPES = {
    "amd64": ["c7i.xlarge", "c7a.xlarge", "m7i.xlarge", "c6i.2xlarge"],
    "arm64": ["c7g.xlarge", "m7g.xlarge", "c6g.xlarge", "c8g.2xlarge"],
}
MACHINE_TYPES = {
    "amd64": ["n2d-standard-4", "e2-standard-8", "c3-standard-4"],
    "arm64": ["t2a-standard-4", "c4a-standard-4"],
}

COLOURS: tuple[Mapping[str, str], ...] = (
    {"blue": "serving"},
    {"green": "serving"},
    {"blue": "draining", "green": "serving"},
    {"blue": "serving", "green": "serving"},
)

KEYS = [f"{word}.preshared.key" for word in ("first", "second", "third", "fourth")]
HA_VPN: Changes = {
    "kind": "haVpn",
    "gcpAsn": 64520,
    "awsAsn": 64521,
    "insideCidrs": ["169.254.20.0/30", "169.254.20.4/30", "169.254.20.8/30", "169.254.20.12/30"],
    "presharedKeys": KEYS,
}


@st.composite
def networks(draw: st.DrawFn, stack: str) -> Changes:
    # 10.200.x holds the WireGuard addresses of both stack files; 10.40.x is where production's metrics come from.
    first, second, third = draw(st.lists(st.integers(100, 199), min_size=3, max_size=3, unique=True))
    gcp = f"10.{first}.0.0/{draw(st.integers(20, 24))}"
    aws = f"10.{third}.0.0/{draw(st.integers(16, 20))}"
    return {
        "network.gcp.testground": gcp,
        "network.gcp.omnibusBuildRunners": f"10.{second}.0.0/{draw(st.integers(20, 24))}",
        "network.aws.cidr": aws,
        "network.aws.natGateways": "perZone" if stack == "production" else draw(st.sampled_from(["single", "perZone"])),
        "network.aws.interfaceEndpoints": draw(st.lists(st.sampled_from(INTERFACE_ENDPOINTS), unique=True)),
        "network.flowLogs.sampling": draw(st.floats(0.01, 1)),
        "network.flowLogs.retentionDays": draw(st.sampled_from(LOG_RETENTION_DAYS)),
        "databasePair.appCidrs": draw(
            st.lists(st.sampled_from([f"10.{first}.0.0/28", f"10.{third}.0.0/28"]), unique=True)
        ),
    }


@st.composite
def databases(draw: st.DrawFn) -> Changes:
    disk = draw(st.integers(50, 4000))
    room = int(disk * 0.3)
    slot = draw(st.integers(4, room - 1))
    kept = draw(st.integers(2, 8))
    return {
        "databasePair.primary": draw(st.sampled_from(["gcp", "aws"])),
        "databasePair.gcp.dataDiskGiB": disk,
        "databasePair.aws.dataDiskGiB": disk,
        "databasePair.aws.availabilityZone": draw(st.sampled_from(["us-east-1a", "us-east-1b", "us-east-1c"])),
        "databasePair.synchronousCommit": draw(st.sampled_from(["local", "remote_write", "on"])),
        "databasePair.slotWalCapGiB": slot,
        "databasePair.archiveQueueCapGiB": draw(st.integers(slot + 1, room)),
        "databasePair.keptFullBackups.s3": kept,
        "backupVault.s3.lockDays": draw(st.integers(7 * (kept + 1), 365)),
        "link": draw(st.sampled_from([{"kind": "wireGuard"}, HA_VPN])),
    }


@st.composite
def services(draw: st.DrawFn, stack: str) -> Changes:
    open_port = draw(st.booleans())
    minimum = draw(st.integers(1, 5))
    return {
        "estate.protected": stack == "production" or draw(st.booleans()),
        "backupVault.s3.lockMode": "COMPLIANCE"
        if stack == "production"
        else draw(st.sampled_from(["COMPLIANCE", "GOVERNANCE"])),
        "backupVault.gcs.softDeleteDays": draw(st.integers(7, 90)),
        "cloudNativeCluster.nodes.minimum": minimum,
        "cloudNativeCluster.nodes.maximum": draw(st.integers(max(1, minimum), 100)),
        "cloudNativeCluster.apiAccessCidrs": draw(st.sampled_from([[], ["203.0.113.0/24", "198.51.100.7/32"]])),
        "devInstance.gitSsh.openToWorld": open_port,
        "devInstance.gitSsh.allowedCidrs": [] if open_port else ["203.0.113.0/24", "198.51.100.0/24"],
        "devInstance.gitSsh.port": draw(st.sampled_from([222, 2222, 8022])),
        "devInstance.machine.dataDiskGiB": draw(st.integers(100, 60000)),
        "packageServer.repositories.0.retentionDays": draw(st.integers(3, 3650)),
        "packageServer.emergencyStop.everything": draw(st.booleans()),
        "packageServer.uploadAllowedCidrs": draw(
            st.sampled_from([["203.0.113.0/24"], ["203.0.113.9/32", "198.51.100.0/24"]])
        ),
    }


@st.composite
def shards(draw: st.DrawFn, stack: str, cloud: str, number: int) -> Changes:
    architecture = draw(st.sampled_from(sorted(INSTANCE_TYPES)))
    trust = draw(st.sampled_from(Trust))
    own: Changes = (
        {"instanceTypes": INSTANCE_TYPES[architecture], "image": "ami-00000000000000000"}
        if cloud == "aws"
        else {
            "machineType": draw(st.sampled_from(MACHINE_TYPES[architecture])),
            "zone": draw(st.sampled_from(["us-east1-b", "us-east1-c", "us-east1-d"])),
            "image": worker_image(stack, trust).replace("amd64", architecture),
        }
    )
    return own | {
        "name": f"{cloud}-{number}",
        "cloud": cloud,
        "runnerId": 100 + number,
        "trust": trust.value,
        "architecture": architecture,
        "capacity": "onDemand" if trust is Trust.PUBLISH else draw(st.sampled_from(["spot", "onDemand"])),
        "maxInstances": draw(st.integers(2, 200)),
        "maxUseCount": draw(st.integers(1, 20)) if trust is Trust.PROTECTED else 1,
        "system": "debian",
        "bootDiskGiB": draw(st.integers(20, 500)),
        "docker": {"image": "debian:trixie-20261110"},
        "scaling": {"always": draw(scalings())},
    }


@st.composite
def scalings(draw: st.DrawFn) -> dict[str, object]:
    idle_count = draw(st.integers(0, 2))
    # Preemptive without idle VMs is refused: no job would be taken.
    preemptive = draw(st.booleans()) and idle_count > 0
    return {"idleCount": idle_count, "idleSeconds": 300, "preemptive": preemptive}


@st.composite
def fleets(draw: st.DrawFn, stack: str) -> Changes:
    clouds = draw(st.sampled_from([["aws"], ["gcp"], ["aws", "gcp"], ["aws", "gcp", "gcp", "aws"]]))
    drawn: list[Changes] = [draw(shards(stack, cloud, number)) for number, cloud in enumerate(clouds)]
    used = {cloud: {Trust(shard["trust"]) for shard in drawn if shard["cloud"] == cloud} for cloud in Cloud}
    changes: Changes = tiers(stack, used[Cloud.AWS], used[Cloud.GCP], draw(st.sampled_from(COLOURS)))
    return changes | {
        "runnerFleet.shards": drawn,
        # Where a rule wants two zones in production, a reason stands in.
        "runnerFleet.singleZoneReason": "one zone is enough for an example",
        "runnerFleet.maxVmAgeHours": draw(st.integers(1, 24)),
        "runnerFleet.logRetentionDays": draw(st.sampled_from(LOG_RETENTION_DAYS)),
        "runnerFleet.metricsCidr": draw(st.sampled_from(["10.40.0.0/28", "10.41.0.16/30"])),
    }


@st.composite
def examples(draw: st.DrawFn) -> tuple[str, Changes]:
    stack = draw(st.sampled_from(["staging", "production"]))
    changes = draw(networks(stack)) | draw(databases()) | draw(services(stack)) | draw(fleets(stack))
    without: set[str] = set(draw(st.sets(st.sampled_from(ALONE))))
    # The vault can go only with those that keep their backups there.
    if {"devInstance", "databasePair", "packageServer"} <= without and draw(st.booleans()):
        without.add("backupVault")
    kept = {path: value for path, value in changes.items() if path.partition(".")[0] not in without}
    return stack, kept | dict.fromkeys(sorted(without))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="PACKYARD_EXAMPLES" not in os.environ,
    database=None,
    # A smaller example of a failure is not worth minutes; the message names the violation anyway.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(examples())
def test_any_valid_settings_keep_every_promise(example: tuple[str, Changes]) -> None:
    assert broken_promises(variant(*example)) == []
