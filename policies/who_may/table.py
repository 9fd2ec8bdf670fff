"""The table: for each right, by whose the resource is, everybody who may have it and the reason.

"{tier}" stands for the tier of a fleet, and "{owners}" for the administrators of the account or project in which the
resource lies. Who is in no row of a right may not have it, by whatever number of steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from policies.who_may.crews import Owner


@dataclass(frozen=True)
class Row:
    """Everybody who may have a right over one kind of resource."""

    who: tuple[str, ...]
    """Crews, as `policies.who_may.crews` calls them."""
    reason: str

    def allows(self, crew: str, owner: Owner, owners: str) -> bool:
        """Whether a crew is in the row, for a resource of one owner."""
        return crew in {entry.format(tier=owner.tier, owners=owners) for entry in self.who}


Rows = Mapping[str, Row]
"""By the owner of a resource, for example "database host on AWS"."""

DEPLOY = ("deployments", "jobs that deploy", "administrators of the pipelines' project")
"""Who changes the stack. On GCP the identity may act as any machine's account (serviceAccountUser) and make machines
(compute.admin), and on AWS it writes whom a role trusts and what a new role may do within the boundary: what machines
may, it gets at. What keeps it honest is one protected branch, whose jobs alone it takes. Whoever administers its own
project makes tokens of it."""

OWNERS = "{owners}"
"""Administrators beside the program. Their rights come from account or project, and nothing here limits them."""

HOME = "administrators of the home project"
"""Who administers the project of the machine store writes the document of every machine on GCP."""

MACHINE_STORES: Rows = {
    f"machine store on {cloud}": Row(
        (*DEPLOY, OWNERS), "a deployment puts document and bundle there; whoever writes them is root on every machine"
    )
    for cloud in ("AWS", "GCP")
}

_FLEET_ON_AWS = Row(
    ("manager of {tier} jobs on AWS", *DEPLOY, OWNERS), "the manager of the tier alone registers runners of the tier"
)
_FLEET_ON_GCP = Row(
    ("manager of {tier} jobs on GCP", *DEPLOY, OWNERS, HOME),
    "the manager of the tier alone registers runners of the tier; its document comes from the home project",
)

SECRETS: Rows = {
    "database host on AWS": Row(
        ("database host on AWS", *DEPLOY, OWNERS), "the host there encrypts its backups by itself"
    ),
    "database host on GCP": Row(
        ("database host on GCP", *DEPLOY, OWNERS), "the host there encrypts its backups by itself"
    ),
    "dev instance on GCP": Row(("dev instance on GCP", *DEPLOY, OWNERS), "host keys and first passwords are its own"),
    "package server on GCP": Row(
        ("package server on GCP", *DEPLOY, OWNERS),
        "what signs packages is where packages are published, and nowhere else",
    ),
    "runner fleet on AWS": _FLEET_ON_AWS,
    "runner fleet on GCP": _FLEET_ON_GCP,
}
