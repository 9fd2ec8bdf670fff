"""A stack file in which every list has two entries or more, for promises about all lists."""

import copy
import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import repeat
from typing import Any, cast

from capture import Capture, StackFile, capture_stack
from settings.vocabulary import Cloud, Trust
from tests.support import ROOT, changed_stack_file, put_value
from tests.tiers import tiers, worker_image

PATH = "gitlab/gitlab-ce/debian/trixie"

LISTS: Mapping[str, object] = {
    "estate.alertAddresses": ["first@example.com", "second@example.com", "third@example.com"],
    "network.aws.interfaceEndpoints": ["ssm", "logs", "ec2"],
    "cloudNativeCluster.maintainers": [
        f"arn:aws:iam::222222222222:role/{name}" for name in ("first-maintainers", "second-maintainers")
    ],
    "cloudNativeCluster.apiAccessCidrs": ["203.0.113.16/28", "203.0.113.32/28"],
    "cloudNativeCluster.nodes.instanceTypes": ["m7i.large", "m7a.large"],
    "backupVault.outsideServices": [
        {"name": "status-page", "googleServiceAccountId": "100000000000000000001"},
        {"name": "wiki", "googleServiceAccountId": "100000000000000000002"},
    ],
    "packageServer.uploadAllowedCidrs": ["198.51.100.16/28", "198.51.100.32/28"],
    "packageServer.repositories.0.components": ["main", "contrib"],
    "packageServer.pipelines": [
        {
            "name": name,
            "issuer": "https://gitlab.example.com",
            "projectId": "1000002",
            "ref": "refs/heads/main",
            "environment": f"packages-{name}",
        }
        for name in ("spare", "build", "release")
    ],
    "packageServer.repositories.0.uploaders": ["build", "spare"],
    "packageServer.repositories.0.releasers": ["release", "spare"],
    "packageServer.emergencyStop.repositories": [PATH, "gitlab/gitlab-ce/el/9"],
    "packageServer.withdrawnPaths": [
        f"{PATH}/pool/main/g/g/first_1_amd64.deb",
        "gitlab/gitlab-ce/el/9/second-1.x86_64.rpm",
    ],
    "devInstance.gitSsh.allowedCidrs": ["198.51.100.48/28", "198.51.100.64/28"],
    "devInstance.registry.allowedCidrs": ["198.51.100.80/28", "198.51.100.96/28"],
    "devInstance.monitoringAllowedCidrs": ["198.51.100.112/28", "198.51.100.128/28"],
    "link": {
        "kind": "haVpn",
        "gcpAsn": 64520,
        "awsAsn": 64521,
        "insideCidrs": [f"169.254.20.{4 * number}/30" for number in range(4)],
        "presharedKeys": [f"example.key.{number}" for number in range(4)],
    },
}
"""Values of lists by their dotted path; the lists of shards and of clients follow from the file."""

SCHEDULE = {"timezone": "UTC", "idleCount": 1, "idleSeconds": 60, "preemptive": False}

IN_A_SHARD: Mapping[str, object] = {
    "privateAccess": [
        {"cidr": "192.168.7.16/28", "port": 443, "purpose": "first mirror of packages"},
        {"cidr": "192.168.7.32/28", "port": 443, "purpose": "second mirror of packages"},
        {"cidr": "192.168.7.32/28", "port": 8443, "purpose": "third mirror of packages"},
    ],
    "scaling.schedules": [
        {**SCHEDULE, "periods": ["* 8-17 * * mon-fri", "* 9-16 * * sat"]},
        {**SCHEDULE, "periods": ["* 18-20 * * mon-fri"]},
    ],
    "docker.pullPolicy": ["always", "if-not-present"],
    "docker.volumes": ["/cache", "/certs/client"],
    "docker.privileged": True,
    "docker.allowedPrivilegedImages": ["registry.example.com/first:*", "registry.example.com/second:*"],
    "docker.allowedPrivilegedServices": ["registry.example.com/third:*", "registry.example.com/fourth:*"],
    "trust": "protected",
    "maxUseCount": 1,
}


NOTHING_MORE: Mapping[str, object] = {}


def changes(stack: str) -> dict[str, object]:
    """What makes every list of a real stack file two entries long."""
    sections = _sections(changed_stack_file(stack, {}))
    shards: list[dict[str, Any]] = []
    for shard in sections["packyard:runnerFleet"]["shards"]:
        tier = [(other["cloud"], other["trust"]) for other in shards]
        plain = 1 if (shard["cloud"], shard["trust"]) in tier else 2
        for number, more in enumerate((*repeat(NOTHING_MORE, plain), IN_A_SHARD)):
            # Beside every shard one more, which has all lists; and two of each tier, since a manager needs one.
            name = f"shard-{len(shards)}-{number}"
            own = {"name": name, "runnerId": 5000 + len(shards), "capacity": "onDemand"}
            copied = copy.deepcopy({**shard, **own})
            for path, value in more.items():
                put_value(copied, path.split("."), value)
            if copied["cloud"] == "gcp":
                copied["image"] = worker_image(stack, Trust(copied["trust"]))
            shards.append(copied)
    used = {cloud: {Trust(shard["trust"]) for shard in shards if shard["cloud"] == cloud} for cloud in Cloud}
    network = sections["packyard:network"]["gcp"]["testground"].rpartition(".")[0]
    return {
        **LISTS,
        **tiers(stack, used[Cloud.AWS], used[Cloud.GCP]),
        "runnerFleet.shards": shards,
        "databasePair.appCidrs": [f"{network}.16/28", f"{network}.32/28"],
    }


@cache
def capture_with_lists(stack: str) -> Capture:
    """What the file with all lists registers."""
    return capture_stack(ROOT, changed_stack_file(stack, changes(stack)))


def lists_of(stack: str) -> dict[str, list[Any]]:
    """Every list of the file with all lists, by its dotted path."""
    sections = _sections(changed_stack_file(stack, changes(stack)))
    return {path: value for key, section in sections.items() for path, value in _lists(section, key.partition(":")[2])}


def _sections(stack_file: StackFile) -> dict[str, Any]:
    return {key: json.loads(text) for key, text in stack_file.config.items()}


def _lists(value: object, path: str) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(value, list):
        entries = cast("list[Any]", value)
        yield path, entries
        for index, entry in enumerate(entries):
            yield from _lists(entry, f"{path}.{index}")
    elif isinstance(value, dict):
        for key, inner in cast("dict[str, Any]", value).items():
            yield from _lists(inner, f"{path}.{key}")
