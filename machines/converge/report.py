#!/usr/bin/python3
"""Sends the machine's own metrics to its cloud, once a minute.

Roles leave samples for the node exporter in text files; every sample `packyard_<name>` without labels is sent as
<name>, and a `packyard_<name>_timestamp_seconds` as <name>_age_seconds, which goes on growing when its writer dies.
Cloud Monitoring knows them as custom.googleapis.com/packyard/<name>, CloudWatch as <name> in the namespace Packyard;
the label `machine` tells machines apart. Standard library alone.
"""

import json
import os
import re
import sys
import time
import urllib.parse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fetch

FILES = fetch.METRICS.parent
MOUNTS = Path("/proc/self/mounts")
DISK_SYSTEMS = ("ext4", "xfs", "btrfs")
NAMESPACE = "Packyard"
GOOGLE_PREFIX = "custom.googleapis.com/packyard"
SAMPLE = re.compile(r"packyard_([a-z][a-z0-9_]*) (\S+)")
TIMESTAMP = "_timestamp_seconds"


def samples(folder: Path) -> dict[str, float]:
    """All samples of the text files that belong to this estate."""
    found: dict[str, float] = {}
    for path in sorted(folder.glob("*.prom")):
        for line in path.read_text(encoding="utf-8").splitlines():
            match = SAMPLE.fullmatch(line)
            if match is not None:
                found[match[1]] = float(match[2])
    return found


def disk_used_ratio(mounts: str) -> float:
    """Used part of the fullest file system on a disk, counted as `df` does."""
    ratios: list[float] = []
    for line in mounts.splitlines():
        _, mount, kind, *_ = line.split()
        if kind in DISK_SYSTEMS:
            # The kernel writes a blank in a path as \040.
            space = os.statvfs(mount.encode().decode("unicode_escape"))
            used = space.f_blocks - space.f_bfree
            ratios.append(used / max(used + space.f_bavail, 1))
    return max(ratios, default=0)


def gathered(folder: Path, mounts: str, now: float) -> dict[str, float]:
    """Everything that is sent. Times become ages, because alarms cannot subtract."""
    values = {"disk_used_ratio": disk_used_ratio(mounts), "converge_age_seconds": now}
    for name, value in samples(folder).items():
        if name.endswith(TIMESTAMP):
            values[f"{name.removesuffix(TIMESTAMP)}_age_seconds"] = now - value
        else:
            values[name] = value
    return values


def google_request(document: Mapping[str, Any], values: Mapping[str, float], labels: Mapping[str, str]) -> bytes:
    """Body of projects.timeSeries.create."""
    end = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    series = [
        {
            "metric": {"type": f"{GOOGLE_PREFIX}/{name}", "labels": {"machine": document["name"]}},
            "resource": {"type": "gce_instance", "labels": dict(labels)},
            "points": [{"interval": {"endTime": end}, "value": {"doubleValue": value}}],
        }
        for name, value in values.items()
    ]
    return json.dumps({"timeSeries": series}).encode()


def amazon_request(document: Mapping[str, Any], values: Mapping[str, float]) -> bytes:
    """Body of PutMetricData."""
    fields = {"Action": "PutMetricData", "Version": "2010-08-01", "Namespace": NAMESPACE}
    for index, (name, value) in enumerate(values.items(), start=1):
        entry = f"MetricData.member.{index}"
        fields |= {
            f"{entry}.MetricName": name,
            f"{entry}.Value": str(value),
            f"{entry}.Dimensions.member.1.Name": "machine",
            f"{entry}.Dimensions.member.1.Value": document["name"],
        }
    return urllib.parse.urlencode(fields).encode()


def send(document: Mapping[str, Any], values: Mapping[str, float]) -> None:
    """Sends the values with the machine's own identity."""
    cloud = fetch.find_cloud()
    if isinstance(cloud, fetch.Google):
        project = document["reporting"]["project"]
        labels = {
            "project_id": project,
            "instance_id": cloud.metadata("instance/id"),
            "zone": cloud.metadata("instance/zone").rpartition("/")[2],
        }
        url = f"https://monitoring.googleapis.com/v3/projects/{project}/timeSeries"
        headers = {**cloud.authorization(), "Content-Type": "application/json"}
        fetch.call(url, headers, "POST", google_request(document, values, labels))
    else:
        region = document["reporting"]["region"]
        url, body = f"https://monitoring.{region}.amazonaws.com/", amazon_request(document, values)
        headers = fetch.signed(
            "POST", url, body, "monitoring", region, credentials=cloud.credentials(), now=datetime.now(UTC)
        )
        fetch.call(url, {**headers, "Content-Type": "application/x-www-form-urlencoded"}, "POST", body)


def main() -> int:
    """Entry point."""
    try:
        document = json.loads((fetch.STATE / "document.json").read_text(encoding="utf-8"))
        send(document, gathered(FILES, MOUNTS.read_text(), time.time()))
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"report: {type(error).__name__}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
