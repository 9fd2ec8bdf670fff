"""The table: for each right, by whose the resource is, everybody who may have it and the reason.

"{tier}" stands for the tier of a fleet, and "{owners}" for the administrators of the account or project in which the
resource lies. Who is in no row of a right may not have it, by whatever number of steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from policies.who_may.crews import CLOUDS
from reach.network.rules import ANY, Flow
from reach.step import Path
from settings.vocabulary import Trust


@dataclass(frozen=True)
class Row:
    """Everybody who may have a right over one kind of resource."""

    who: tuple[str, ...]
    """Crews, as `policies.who_may.crews` calls them."""
    reason: str

    def allows(self, crew: str, tier: str, owners: str) -> bool:
        """Whether a crew is in the row, for a resource of one tier that somebody administers."""
        return crew in {entry.format(tier=tier, owners=owners) for entry in self.who}


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

MANAGERS = tuple(f"manager of {tier} jobs on {cloud}" for tier in Trust for cloud in CLOUDS.values())

_DEPLOYMENTS = Row((*DEPLOY, OWNERS), "nobody but a deployment changes it")
_HOST_AND_DEPLOYMENTS = "the machine that has it works with it; a deployment gets at what the machine may"

MACHINE_STORES: Rows = {
    f"machine store on {cloud}": Row(
        (*DEPLOY, OWNERS), "a deployment puts document and bundle there; whoever writes them is root on every machine"
    )
    for cloud in CLOUDS.values()
}

_FLEETS: Rows = {
    "runner fleet on AWS": Row(
        ("manager of {tier} jobs on AWS", *DEPLOY, OWNERS), "of a tier the manager alone, and of no other tier"
    ),
    "runner fleet on GCP": Row(
        ("manager of {tier} jobs on GCP", *DEPLOY, OWNERS, HOME),
        "of a tier the manager alone, and of no other tier; its document comes from the home project",
    ),
}

SECRETS: Rows = {
    "database host on AWS": Row(("database host on AWS", *DEPLOY, OWNERS), "the host encrypts its own backups"),
    "database host on GCP": Row(("database host on GCP", *DEPLOY, OWNERS), "the host encrypts its own backups"),
    "dev instance on GCP": Row(("dev instance on GCP", *DEPLOY, OWNERS), "host keys and first passwords are its own"),
    "package server on GCP": Row(
        ("package server on GCP", *DEPLOY, OWNERS), "what signs packages is where packages are published, nowhere else"
    ),
    **_FLEETS,
}
"""Who reads a secret."""

SECRET_CHANGES: Rows = dict.fromkeys(SECRETS, _DEPLOYMENTS)
"""Who writes another version of a secret, or ends it. People do, as administrators."""

_DATABASE_HOSTS = ("database host on AWS", "database host on GCP", "database host abroad")
_BY_THE_VAULT_ON_AWS = ("off-site writers", "dev instance on GCP", "package server on GCP", *_DATABASE_HOSTS, HOME)

OBJECTS: Rows = {
    "audit on AWS": Row(("the audit trail", *DEPLOY, OWNERS), "CloudTrail writes; what is written is locked"),
    "backup vault on AWS": Row(
        (*_BY_THE_VAULT_ON_AWS, *DEPLOY, OWNERS),
        "each host adds its own backups, those on GCP by a role each; versions are locked, so a deletion only hides",
    ),
    "backup vault on GCP": Row(
        (*_DATABASE_HOSTS, *DEPLOY, OWNERS, "administrators of AWS"),
        "both database hosts keep a repository in the other cloud, the one on AWS by a pool of its own",
    ),
    "dev instance on GCP": Row(("dev instance on GCP", *DEPLOY, OWNERS), _HOST_AND_DEPLOYMENTS),
    "package server on GCP": Row(
        ("package server on GCP", *DEPLOY, OWNERS), "packages are uploaded to the server, and to no bucket"
    ),
    "the state": Row(DEPLOY, "a deployment writes what exists; a preview writes locks alone"),
    **_FLEETS,
}
"""Who writes and deletes objects of a bucket. Of a fleet it is the cache: who fills it runs in the next job."""

READS: Rows = {
    **OBJECTS,
    "backup vault on AWS": Row(
        (*OBJECTS["backup vault on AWS"].who, "the restorer of backups", "operators"),
        "operators restore by a role that reads everything and writes nothing",
    ),
    "machine store on AWS": Row(
        ("database host on AWS", *MANAGERS, "previews", "jobs that preview", *DEPLOY, OWNERS),
        "machines read their documents, which hold no secret; a preview compares them",
    ),
    "machine store on GCP": Row(
        (
            *("database host on GCP", "dev instance on GCP", "package server on GCP", *MANAGERS),
            *(f"administrators of the project of {tier} jobs" for tier in Trust),
            *("previews", "jobs that preview", *DEPLOY, OWNERS),
        ),
        "machines read their documents, which hold no secret; a preview compares them",
    ),
    "package server on GCP": Row(
        (*OBJECTS["package server on GCP"].who, "Google's service https-lb"),
        "load balancers serve releases and public keys out of their buckets",
    ),
    "the state": Row(
        (*DEPLOY, "previews", "jobs that preview"), "a preview compares with what exists; secrets are encrypted there"
    ),
}
"""Who reads objects of a bucket."""

LISTS: Rows = {
    "package server on GCP": Row(
        OBJECTS["package server on GCP"].who,
        "the server sweeps what no day names; the world knows what it asks for",
    )
}
"""Who lists the objects of a bucket that a load balancer serves."""

_OPERATORS = Row(("operators",), "the bucket's own policy refuses everyone else, administrators included")

RETENTION: Rows = {
    **dict.fromkeys(
        ("dev instance on GCP", "machine store on AWS", "machine store on GCP", "package server on GCP"), _DEPLOYMENTS
    ),
    **dict.fromkeys(("runner fleet on AWS", "runner fleet on GCP"), _DEPLOYMENTS),
    "audit on AWS": _OPERATORS,
    "backup vault on AWS": _OPERATORS,
    "backup vault on GCP": Row((OWNERS,), "GCP has no denial that binds administrators; no pipeline is among them"),
    "the state": Row(("administrators of the pipelines' project",), "no pipeline forgets what it did"),
    "snapshots on AWS": Row(
        ("the snapshot service", *DEPLOY, OWNERS), "old ones end by a plan; a deployment ends disks"
    ),
    "snapshots on GCP": Row((*DEPLOY, OWNERS), "old ones go by a schedule; a deployment ends disks"),
}
"""Who shortens the life of versions, lifts locks, or changes and deletes a bucket; and who deletes snapshots."""

STATE_KEY: Rows = {"the state": READS["the state"]}
"""Who decrypts the secrets of the state."""

PARAMETERS: Rows = {
    "database host on AWS": Row(
        (*_DATABASE_HOSTS, *DEPLOY, OWNERS, HOME), "each host tells the other its keys and certificates there"
    ),
}
"""Who writes a parameter. The hosts trust what they find there."""

IDENTITIES: Rows = {
    **dict.fromkeys(
        (
            *("audit on AWS", "backup vault on AWS", "cluster on AWS", "database host on AWS", "database host on GCP"),
            *("dev instance on GCP", "network on AWS", "package server on GCP"),
            *("runner fleet on AWS", "runner fleet on GCP", "a project"),
        ),
        Row((*DEPLOY, OWNERS), "a deployment makes identities of machines, within the boundary and its list of roles"),
    ),
    **dict.fromkeys(
        ("pipelines on AWS", "pipelines on GCP"), Row((OWNERS,), "a person, so that no pipeline widens itself")
    ),
}
"""Who writes what a role or an account may do, and who takes it: policies, trusts, grants, keys, pools, boundary."""

ROOTS: Rows = {
    **dict.fromkeys(
        ("database host on AWS", "database host on GCP", "dev instance on GCP", "package server on GCP"),
        Row((*DEPLOY, OWNERS), "administrators log in with rights of their own; a deployment writes the document"),
    ),
    "cluster node on AWS": Row(
        ("maintainers of the cluster", *DEPLOY, OWNERS), "who administers the cluster runs what he likes on its nodes"
    ),
    **{f"manager of {tier} jobs on AWS": Row((*DEPLOY, OWNERS), "as every machine") for tier in Trust},
    **{
        f"manager of {tier} jobs on GCP": Row((*DEPLOY, OWNERS, HOME), "its document comes from the home project")
        for tier in Trust
    },
    **{
        f"worker of {tier} jobs on {cloud}": Row(
            (f"manager of {tier} jobs on {cloud}", *DEPLOY, OWNERS, *((HOME,) if cloud == "GCP" else ())),
            "the manager of the tier starts jobs there",
        )
        for tier in Trust
        for cloud in CLOUDS.values()
    },
}
"""Who becomes root on a machine, or logs in to it."""


@dataclass(frozen=True)
class Port:
    """Who may reach some ports of one kind of door."""

    flows: tuple[Flow, ...]
    who: tuple[str, ...]
    """Crews, and of addresses that no machine of the estate has "the internet" and other crowds of `reach.network`."""
    reason: str
    rules: tuple[str, ...] = ()
    """How the name of the rule ends that opens a port which is a setting; empty where the ports are given here."""

    def allows(self, flow: Flow, who: str, path: Path) -> bool:
        """Whether it lets somebody reach a port by a way."""
        is_open = any(each.covers(flow) for each in self.flows) and (who in self.who or self.who == ANYBODY)
        return is_open and (not self.rules or any(step.by.endswith(self.rules) for step in path))


ANYBODY = ("anybody",)
"""Whoever has an address."""

IAP = Port(
    (Flow("tcp", 22, 22),), ("Identity-Aware Proxy",), "administrators come through it, whom IAM lets in one by one"
)
PING = Port(
    (Flow("icmp"),),
    ("cluster node on AWS",),
    "where a VPN joins the networks, each pings the other; what else crosses it is a rule of its own",
    rules=("link-ping",),
)
TUNNEL = Flow("udp", 51820, 51820)
SCRAPE = Port(
    (Flow("tcp", 9252, 9252),),
    ("named addresses of other private networks",),
    "the team's Prometheus asks managers for their metrics, from addresses that the stack file names",
)

PORTS: Mapping[str, tuple[Port, ...]] = {
    "database host on AWS": (Port((TUNNEL,), ("database host on GCP",), "replication goes through the tunnel alone"),),
    "database host on GCP": (
        Port((TUNNEL,), ("database host on AWS",), "replication goes through the tunnel alone"),
        IAP,
        PING,
    ),
    "inside of the tunnel of the database hosts": (
        Port((Flow(ANY),), ("database host on AWS", "database host on GCP"), "each is the other's only peer"),
    ),
    "dev instance on GCP": (
        Port((Flow("tcp", 80, 80), Flow("tcp", 443, 443)), ANYBODY, "a forge that everyone uses"),
        Port(
            (Flow("tcp", 1, 21), Flow("tcp", 23)),
            ANYBODY,
            "Git over SSH and the image registry; the stack file says at which port, and whether for the team alone",
            rules=("-git-ssh", "-registry"),
        ),
        IAP,
        PING,
    ),
    "package server on GCP": (
        Port((Flow("tcp", 8444, 8444),), ("Google's front ends",), "load balancers ask it; nobody passes them by"),
        IAP,
        PING,
    ),
    "where packages are served": (
        Port((Flow("tcp", 80, 80), Flow("tcp", 443, 443)), ANYBODY, "packages are for everyone"),
    ),
    "where packages are uploaded": (
        Port(
            (Flow("tcp", 443, 443),),
            (
                "named addresses of the internet",
                *(f"worker of {Trust.PUBLISH} jobs on {cloud}" for cloud in CLOUDS.values()),
            ),
            "jobs that publish, and the team; whoever else comes here adds packages with a stolen password",
        ),
    ),
    "cluster node on AWS": (Port((Flow(ANY),), ("cluster node on AWS",), "nodes, pods and API are one cluster"),),
    "an endpoint of AWS": (
        Port(
            (Flow("tcp", 443, 443),),
            ("database host on AWS", "cluster node on AWS", *MANAGERS),
            "machines with an identity ask AWS; workers have none, and reach no private address",
        ),
    ),
    "a gateway to a store": (Port((Flow("tcp", 443, 443),), ANYBODY, "S3 asks everyone who he is"),),
    "its own metadata": (
        Port((Flow("tcp", 80, 80),), ANYBODY, "a machine asks for its own identity; pods do not, and are not it"),
    ),
    **{
        f"manager of {tier} jobs on {cloud}": (SCRAPE, *((IAP,) if cloud == "GCP" else ()))
        for tier in Trust
        for cloud in CLOUDS.values()
    },
    **{
        f"worker of {tier} jobs on {cloud}": (
            Port(
                (Flow("tcp", 22, 22),),
                (f"manager of {tier} jobs on {cloud}",),
                "the manager of the tier in that cloud runs jobs there by SSH; no worker reaches another",
            ),
        )
        for tier in Trust
        for cloud in CLOUDS.values()
    },
}
"""By door, the ports that somebody may reach. What is not here is closed."""
