"""Who somebody is in the words of the table: by system, cloud and tier of trust, never by the name of an instance."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from capture import Capture, Registration
from policies.values import mapping, policy_statements, records, strings, text
from reach.answers import Reach
from reach.machines import EC2_GROUP, EC2_TEMPLATE, GCE_GROUP, GCE_TEMPLATE
from reach.model import Kind, Principal
from reach.values import project_of

CLOUDS = {"aws": "AWS", "gcp": "GCP"}

SYSTEMS: Mapping[str, str] = {
    "packyard:audit:Audit": "audit",
    "packyard:backup_vault:BackupVault": "backup vault",
    "packyard:ci_identity:CiIdentity": "pipelines",
    "packyard:ci_identity:GcpProjectAccess": "pipelines",
    "packyard:ci_identity:RoleBoundary": "pipelines",
    "packyard:cloud_native_cluster:CloudNativeCluster": "cluster",
    "packyard:database_pair:DatabasePair": "database host",
    "packyard:dev_instance:DevInstance": "dev instance",
    "packyard:machine_store:MachineStore": "machine store",
    "packyard:network:AwsNetwork": "network",
    "packyard:package_server:PackageServer": "package server",
    "packyard:runner_fleet:RunnerFleet": "runner fleet",
}
"""By the token of the outermost component, what the table calls a system."""

FLEETS = ("packyard:runner_fleet:AwsRunnerFleet", "packyard:runner_fleet:GcpRunnerFleet")
"""A fleet of one tier; its manager and its secrets are of the tier of its workers."""

WORKERS = (EC2_GROUP, EC2_TEMPLATE, GCE_GROUP, GCE_TEMPLATE)

ROLES: tuple[tuple[str, str, str], ...] = (
    ("", "-snapshots", "the snapshot service"),
    ("audit", "", "the audit trail"),
    ("backup vault", "-restorer", "the restorer of backups"),
    ("backup vault", "", "off-site writers"),
    ("cluster", "-control-plane", "the cluster's control plane"),
    ("cluster", "-node", "cluster node on AWS"),
    ("cluster", "-pod-network", "the cluster's pod network"),
    ("database host", "", "database host abroad"),
    ("network", "", "flow logs"),
    ("pipelines", "-deploy", "deployments"),
    ("pipelines", "-preview", "previews"),
)
"""Identities that are not a machine's own: system, how the logical name ends, and what the table calls them.

"database host abroad" is the host on GCP as AWS sees it.
"""

GOOGLE_SERVICE = re.compile(r"serviceAccount:service-\d+@(?:gcp-sa-)?([\w-]+)\.iam\.gserviceaccount\.com")

PUBLIC_FORGES = ("token.actions.githubusercontent.com",)
"""Issuers whose tokens are trusted wherever they claim a project of ours (GitHub docs, "OpenID Connect reference").
Beside them the table trusts one forge, the team's own, whose address is a setting: whoever has another one makes tokens
with whatever claims he likes."""
NOT_TRUSTED = "jobs of an issuer that the table does not trust"

PROJECT = re.compile(r"(?:^|, )(?:project_id|repository_id) [^,*]+")
"""By a number that is never used again, since whoever makes a project of a name that is free has its jobs."""
ENVIRONMENT = re.compile(r"(?:^|, )environment ([^,]+)")
BRANCH = re.compile(r"(?:^|, )ref [^,*]+")
PREVIEW_END = "-preview"


@dataclass(frozen=True)
class Owner:
    """Whose a resource is."""

    system: str
    cloud: str
    """As people write it, "AWS" or "GCP"; empty where the program only names the resource."""
    tier: str
    """Of a fleet the tier of its workers, two of them joined by "/"; empty for everything else."""

    def __str__(self) -> str:
        """As the table writes it, for example "database host on AWS"."""
        return f"{self.system} on {self.cloud}" if self.cloud else self.system


class Crews:
    """Everybody of one capture by what the table calls them."""

    def __init__(self, reach: Reach) -> None:
        """Reads what tells one from another: components, tiers of workers, projects, and whom the vault exempts."""
        self._reach = reach
        self._capture: Capture = reach.capture
        self._crews: dict[Principal, str] = {}
        self._owners: dict[str, Owner] = {}

    def of(self, principal: Principal) -> str:
        """What the table calls somebody. Who is of no crew is called by his name, which no table holds."""
        if principal not in self._crews:
            self._crews[principal] = self._crew(principal)
        return self._crews[principal]

    def owner(self, urn: str) -> Owner:
        """Whose a registration is."""
        if urn not in self._owners:
            self._owners[urn] = self._owner(urn)
        return self._owners[urn]

    def _crew(self, principal: Principal) -> str:
        match principal.kind:
            case Kind.ADMINISTRATOR:
                return self._administrators(principal.name)
            case Kind.JOB:
                return self._jobs(principal.name)
            case Kind.FEDERATED:
                return self._federated(principal)
            case Kind.OUTSIDER:
                return self._outsider(principal)
            case _:
                return self._registered(principal)

    def _owner(self, urn: str) -> Owner:
        entry = self._capture.by_urn.get(urn)
        if entry is None:
            return Owner("what the program only names", "", "")
        chain = list(self._around(entry))
        system = next((SYSTEMS[token] for around in reversed(chain) if (token := around.type) in SYSTEMS), "")
        return Owner(system or "something else", CLOUDS.get(entry.cloud, ""), self._tier(entry))

    def owners(self, urn: str) -> str:
        """The administrators of the account or project in which a registration lies."""
        entry = self._capture.by_urn.get(urn)
        if entry is None:
            return "nobody"
        return (
            "administrators of AWS" if entry.cloud == "aws" else self._administrators(project_of(self._capture, entry))
        )

    def of_project(self, name: str) -> str:
        """The administrators of a project, by its name."""
        return self._administrators(name)

    def project(self, name: str) -> str:
        """What the table calls a project: that of the pipelines, or any other."""
        return "pipelines on GCP" if "pipelines" in self._administrators(name) else "a project"

    def machine(self, urn: str) -> str:
        """What the table calls a machine, one of a group of workers, or a node."""
        owner = self.owner(urn)
        if owner.system == "runner fleet":
            what = "worker" if self._capture.by_urn[urn].type in WORKERS else "manager"
            return f"{what} of {owner.tier} jobs on {owner.cloud}"
        return f"cluster node on {owner.cloud}" if owner.system == "cluster" else str(owner)

    def _registered(self, principal: Principal) -> str:
        entry = self._capture.by_urn.get(principal.urn)
        if entry is None:
            return str(principal)
        if principal.kind is Kind.MACHINE:
            return self.machine(principal.urn)
        system = self.owner(principal.urn).system
        for of_system, ending, crew in ROLES:
            is_own = any(around.type.startswith("packyard:machine:") for around in self._around(entry))
            if of_system in ("", system) and entry.name.endswith(ending) and (ending or not is_own):
                return crew
        return self.machine(principal.urn) if system else str(principal)

    def _administrators(self, name: str) -> str:
        return self._holdings.get(name, f"administrators of {name}")

    @cached_property
    def _holdings(self) -> Mapping[str, str]:
        """By account or project its administrators, named after the mightiest thing that lies there."""
        found = {
            project: f"administrators of the project of {'/'.join(sorted(tiers))} jobs"
            for project, tiers in self._tiers_of_projects().items()
        }
        for entry in self._capture.of_type("gcp:storage/bucket:Bucket"):
            if self.owner(entry.urn).system == "machine store":
                found[project_of(self._capture, entry)] = "administrators of the home project"
        for entry in self._capture.of_type("gcp:iam/workloadIdentityPool:WorkloadIdentityPool"):
            if self.owner(entry.urn).system == "pipelines":
                found[project_of(self._capture, entry)] = "administrators of the pipelines' project"
        aws = (entry.name for entry in self._reach.administrators if entry.name.isdigit())
        return found | dict.fromkeys(aws, "administrators of AWS")

    def _tiers_of_projects(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for template in self._capture.of_type(GCE_TEMPLATE):
            if trust := _trust(template):
                found[project_of(self._capture, template)].add(trust)
        return found

    def _federated(self, principal: Principal) -> str:
        for entry in self._capture.of_type("gcp:iam/workloadIdentityPool:WorkloadIdentityPool"):
            identifier = text(entry.inputs.get("workloadIdentityPoolId"))
            if f"/workloadIdentityPools/{identifier}/" in principal.identifier:
                owner = self.owner(entry.urn)
                if owner.system == "pipelines":
                    return "previews" if entry.name.endswith(PREVIEW_END) else "deployments"
                return f"{owner.system} on AWS"
        return str(principal)

    def _outsider(self, principal: Principal) -> str:
        if service := GOOGLE_SERVICE.fullmatch(principal.identifier):
            return f"Google's service {service[1]}"
        if principal.identifier in self._operators:
            return "operators"
        if principal.identifier in self._maintainers:
            return "maintainers of the cluster"
        return str(principal)

    def _jobs(self, name: str) -> str:
        """Jobs by who issues their tokens, and by what these claim: project, environment, and to deploy one branch."""
        issuer, _, claims = name.partition(" with ")
        if issuer not in self._issuers:
            return NOT_TRUSTED
        environment = ENVIRONMENT.search(claims) if PROJECT.search(claims) else None
        if environment and environment[1].endswith(PREVIEW_END):
            return "jobs that preview"
        return "jobs that deploy" if environment and BRANCH.search(claims) else f"jobs with {claims}"

    @cached_property
    def _issuers(self) -> frozenset[str]:
        """Public forges that anybody may trust by project, and the team's own forge.

        That is the one which most identities let in; where two are let in alike nobody can tell, and neither is.
        """
        jobs = {entry for entry in self._reach.principals if entry.kind is Kind.JOB}
        named = Counter(issuer for entry in jobs if (issuer := entry.name.partition(" with ")[0]) not in PUBLIC_FORGES)
        (first, most), (_, second), *_ = (*named.most_common(), ("", 0), ("", 0))
        return frozenset({*PUBLIC_FORGES, first} if most > second else PUBLIC_FORGES)

    @cached_property
    def _operators(self) -> frozenset[str]:
        """Whom the policies of locked buckets exempt from their denials."""
        found: set[str] = set()
        for entry in self._capture.of_type("aws:s3/bucketPolicy:BucketPolicy"):
            for statement in policy_statements(entry, "policy"):
                exempt = mapping(statement.get("Condition")).get("ArnNotEquals")
                if statement["Effect"] == "Deny":
                    found.update(strings(mapping(exempt).get("aws:PrincipalArn")))
        return frozenset(found)

    @cached_property
    def _maintainers(self) -> frozenset[str]:
        """Whom the cluster lets in by a role that the program does not make."""
        return frozenset(
            text(entry.inputs.get("principalArn")) for entry in self._capture.of_type("aws:eks/accessEntry:AccessEntry")
        )

    def _tier(self, entry: Registration) -> str:
        fleet = next((around.urn for around in self._around(entry) if around.type in FLEETS), "")
        return "/".join(sorted(self._tiers_of_fleets.get(fleet, ())))

    @cached_property
    def _tiers_of_fleets(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for entry in (*self._capture.of_type(EC2_GROUP), *self._capture.of_type(GCE_TEMPLATE)):
            fleet = next((around.urn for around in self._around(entry) if around.type in FLEETS), "")
            if trust := _trust(entry):
                found[fleet].add(trust)
        return found

    def _around(self, entry: Registration) -> Iterator[Registration]:
        """The components around a registration, the nearest first."""
        current = self._capture.by_urn.get(entry.parent)
        while current is not None:
            yield current
            current = self._capture.by_urn.get(current.parent)


def _trust(entry: Registration) -> str:
    """The tier that the tags of a group or the labels of a template tell."""
    if entry.type == GCE_TEMPLATE:
        return text(mapping(entry.inputs.get("labels")).get("trust"))
    return next((text(tag.get("value")) for tag in records(entry.inputs.get("tags")) if tag.get("key") == "trust"), "")
