"""The alerts of the database pair in Prometheus form, for whoever scrapes the node exporters of the hosts.

`python -m settings.database_pair.prometheus_rules` prints alerts/database-pair.rules.yml; a test compares it with the
file.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import yaml

from settings.database_pair.alerts import DISK_USED_RATIO, LIMITS, OR_SILENT, Limit
from settings.database_pair.document import MOUNT_POINT
from settings.database_pair.section import DatabaseHost

HEADER = """\
# Written by `make records` from settings/database_pair/alerts.py.
# The scraper gives each host the label that the clouds know it by: machine="pg-a", machine="pg-b".
"""

AGE = "_age_seconds"
HOSTS = f'machine=~"{"|".join(DatabaseHost)}"'
WHOLE_HOST = 'repository=""'
"""The sample without a label, which goes to the clouds as well; those with one say the same of each repository."""

FILE_SYSTEMS = f'{HOSTS}, fstype=~"ext4|xfs|btrfs"'
"""What machines/converge/report.py counts as a disk."""


def rules(limits: Sequence[Limit] = LIMITS) -> dict[str, Any]:
    """The content of the rule file."""
    return {"groups": [{"name": "packyard-database-pair", "rules": [_rule(limit) for limit in limits]}]}


def rules_text(limits: Sequence[Limit] = LIMITS) -> str:
    """The text of the rule file."""
    return HEADER + yaml.dump(rules(limits), Dumper=_Blocks, sort_keys=False, width=1000)


def alert_name(limit: Limit) -> str:
    """As Prometheus names alerts."""
    return "Database" + "".join(word.capitalize() for word in limit.name.split("-"))


def _rule(limit: Limit) -> dict[str, Any]:
    value, series = _value(limit)
    beyond = f"{value} {'<' if limit.below else '>'} {limit.limit}"
    return {
        "alert": alert_name(limit),
        "expr": "\n  or ".join([beyond, *(f"absent({series(host)})" for host in DatabaseHost)]) + "\n",
        "for": f"{limit.minutes}m",
        "labels": {"severity": limit.severity.value},
        "annotations": {
            "summary": f"{{{{ $labels.machine }}}}: {limit.says}, {OR_SILENT}",
            "description": limit.advice,
            "runbook": limit.runbook.path,
        },
    }


def _value(limit: Limit) -> tuple[str, Callable[[DatabaseHost], str]]:
    """The expression that is compared, and the series of a host that must be there."""
    if limit.metric == DISK_USED_RATIO:
        free, size, left = (f"node_filesystem_{name}_bytes{{{FILE_SYSTEMS}}}" for name in ("free", "size", "avail"))
        return (
            f"1 - {left} / ({size} - {free} + {left})",
            lambda host: f'node_filesystem_avail_bytes{{machine="{host}", mountpoint="{MOUNT_POINT}"}}',
        )
    # An age lies in the file of the node exporter as the time that it counts from (machines/README.md).
    aged = limit.metric.endswith(AGE)
    name = f"packyard_{limit.metric.removesuffix(AGE)}_timestamp_seconds" if aged else f"packyard_{limit.metric}"
    value = f"{name}{{{HOSTS}, {WHOLE_HOST}}}"
    return f"time() - {value}" if aged else value, lambda host: f'{name}{{machine="{host}", {WHOLE_HOST}}}'


class _Blocks(yaml.SafeDumper):
    """Writes text of several lines as a block."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Blocks.add_representer(str, _text)


if __name__ == "__main__":
    sys.stdout.write(rules_text())
