"""What the clouds themselves define: roles of GCP, policies of AWS and the names of actions, with source and date.

Only what the program uses is here. `python -m reach.data` says what has no entry, and with a folder of the whole data
writes these files anew.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from reach.globs import matches

FOLDER = Path(__file__).resolve().parent

POOLS = "iam.googleapis.com/"
"""How the data spell permissions of workload identity pools; what Google checks has "iam." there."""

SERVICE_USAGE = (
    *("serviceusage.operations.cancel", "serviceusage.operations.delete", "serviceusage.operations.get"),
    *("serviceusage.operations.list", "serviceusage.quotas.get", "serviceusage.quotas.update"),
    *("serviceusage.services.disable", "serviceusage.services.enable", "serviceusage.services.get"),
    *("serviceusage.services.list", "serviceusage.services.use"),
)
"""Which the data lack (Service Usage documentation, "Access control with IAM", permissions, read 28 November 2026)."""

SERVICE_USAGE_ROLES = {
    "roles/serviceusage.serviceUsageAdmin": (*SERVICE_USAGE, "resourcemanager.projects.get"),
    "roles/serviceusage.serviceUsageConsumer": (
        *("resourcemanager.projects.get", "serviceusage.quotas.get", "serviceusage.services.get"),
        *("serviceusage.services.list", "serviceusage.services.use"),
    ),
    "roles/serviceusage.serviceUsageViewer": (
        *("resourcemanager.projects.get", "serviceusage.quotas.get", "serviceusage.services.get"),
        "serviceusage.services.list",
    ),
}
"""The same page, roles."""


@cache
def role_permissions(role: str) -> frozenset[str] | None:
    """The permissions of a predefined role, spelt as Google checks them; None for one without an entry."""
    if role in SERVICE_USAGE_ROLES:
        return frozenset(SERVICE_USAGE_ROLES[role])
    names = _read("gcp.json")["roles"].get(role)
    return None if names is None else frozenset(checked(name) for name in str(names).split())


def checked(permission: str) -> str:
    """A permission as Google checks it, for example "iam.workloadIdentityPools.get"."""
    return f"iam.{permission.removeprefix(POOLS)}" if permission.startswith(POOLS) else permission


@cache
def permissions() -> frozenset[str]:
    """Every permission that is known to exist."""
    data = _read("gcp.json")
    roles = (frozenset[str]() if (found := role_permissions(role)) is None else found for role in data["roles"])
    return frozenset(data["permissions"]).union(SERVICE_USAGE, *roles)


def managed_policy(name: str) -> str:
    """The document of a policy of AWS by its name without its path; empty for one without an entry."""
    return str(_read("aws.json")["policies"].get(name, ""))


@cache
def is_action(pattern: str) -> bool:
    """Whether an action of AWS exists, or for a pattern one that it stands for. Their names have no case."""
    service, _, name = pattern.lower().partition(":")
    if pattern == "*":
        return True
    return any(matches(name, known) for known in _actions().get(service, ()))


@cache
def _actions() -> dict[str, tuple[str, ...]]:
    return {service: tuple(names.lower().split()) for service, names in _read("aws.json")["actions"].items()}


@cache
def _read(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def forget() -> None:
    """Reads the files anew from now on, after they were written."""
    for cached in (role_permissions, permissions, is_action, _actions, _read):
        cached.cache_clear()
