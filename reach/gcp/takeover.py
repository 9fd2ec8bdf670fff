"""How one turns into another on GCP: impersonation, keys, accounts given to machines, rewritten grants, machines.

Ways are those of the IAM documentation ("Service account impersonation") and of Compute Engine's ("Set up OS Login").
"""

from collections import defaultdict
from collections.abc import Iterator

from capture import Capture
from reach.gcp.conditions import GRANTED_ROLES
from reach.gcp.decide import Decisions
from reach.gcp.index import ACCOUNT, OWNER, CustomRole, Index
from reach.gcp.targets import named_bucket, objects, project_target, targets
from reach.graph import Edge, up_to_the_first_sure
from reach.machines import Machine
from reach.model import NOTHING, Answer, Facts, Kind, Principal, Target
from reach.step import Step
from reach.values import answer, mapping, project_of, text

IMPERSONATES = (
    ("iam.serviceAccounts.getAccessToken", "takes tokens of"),
    ("iam.serviceAccounts.signJwt", "signs tokens of"),
    ("iam.serviceAccounts.signBlob", "signs as"),
    ("iam.serviceAccounts.implicitDelegation", "takes tokens through"),
    ("iam.serviceAccounts.getOpenIdToken", "takes identity tokens of"),
    ("iam.serviceAccountKeys.create", "makes a key of"),
)
"""Each alone is enough to act as an account, if only towards those who take its identity tokens."""

RUN_AS = ("compute.instances.create", "compute.instances.setServiceAccount", "compute.instanceTemplates.create")
"""What gives an account to something that runs, for who may act as it."""

SET_POLICY = {
    "project": "resourcemanager.projects.setIamPolicy",
    "bucket": "storage.buckets.setIamPolicy",
    "secret": "secretmanager.secrets.setIamPolicy",
    "service": "iam.serviceAccounts.setIamPolicy",
    "key": "cloudkms.cryptoKeys.setIamPolicy",
    "machine": "compute.instances.setIamPolicy",
}
"""By the first word of a resource: what lets one grant roles on it."""

ACT_AS = "iam.serviceAccounts.actAs"

WRITES_PROVIDERS = ("iam.workloadIdentityPoolProviders.create", "iam.workloadIdentityPoolProviders.update")

TAKES_MACHINES = (
    *("compute.instances.setMetadata", "compute.projects.setCommonInstanceMetadata", "compute.instances.osAdminLogin"),
    *("compute.instances.attachDisk", "compute.instanceGroupManagers.update", "storage.objects.create"),
)
"""Without one of these nobody becomes root on a machine."""

HOLDS_MACHINES = ("", "project", "machine", "bucket")
"""Of those who have a scope in their hands, what a machine lies in or is told by; empty for everybody else."""


class Takeovers:
    """The edges of the principals of GCP."""

    def __init__(self, capture: Capture, index: Index, decisions: Decisions, machines: tuple[Machine, ...]) -> None:
        """Everything is asked of these decisions."""
        self._capture = capture
        self._index = index
        self._decisions = decisions
        self._machines = tuple(machine for machine in machines if machine.cloud == "gcp")
        self.targets: tuple[Target, ...] = tuple(targets(capture, index))
        self._by_urn: dict[str, Target] = {}
        for target in self.targets:
            self._by_urn.setdefault(target.urn, target)
        self._by_name = {target.name: target for target in self.targets}
        self._by_scope: dict[str, list[Target]] = defaultdict(list)
        for target in self.targets:
            for scope in target.scopes:
                self._by_scope[scope].append(target)
        self._by_holder: dict[str, tuple[Machine, ...]] = {}
        self.accounts: dict[str, Principal] = {
            email: Principal(Kind.SERVICE_ACCOUNT, entry.name, f"serviceAccount:{email}", entry.urn)
            for entry in capture.of_type(ACCOUNT)
            if (email := answer(capture, entry, "email"))
        }
        """By e-mail address."""
        self._roles_that_matter = tuple(
            dict.fromkeys([OWNER, *(grant.role for grant in index.grants), *index.custom_roles])
        )

    def edges(self, source: Principal) -> Iterator[Edge]:
        """Whom a principal turns into by what it may do itself."""
        is_over_a_scope = source.kind in (Kind.POWER, Kind.ADMINISTRATOR)
        scope = source.identifier.partition(" on ")[2] if is_over_a_scope else ""
        if self._decisions.has(source, *(permission for permission, _ in IMPERSONATES), ACT_AS):
            for email, account in self.accounts.items():
                if self._may_be_in(scope, self._account(email)):
                    yield from up_to_the_first_sure(self._into_account(source, account, self._account(email)))
        if self._decisions.has(source, *SET_POLICY.values(), *WRITES_PROVIDERS):
            for target in self._by_scope.get(scope, ()) if scope else self.targets:
                yield from self._into_power(source, target)
        if scope.partition(":")[0] in HOLDS_MACHINES and self._decisions.has(source, *TAKES_MACHINES):
            for machine in self._machines_in(scope) if scope else self._machines:
                yield from up_to_the_first_sure(self._into_machine(source, machine))

    def of_machines(self) -> Iterator[Edge]:
        """Whom root on a machine turns into: the account of the machine."""
        for machine in self._machines:
            if account := self.accounts.get(machine.identity):
                words = f"{machine.principal} has the identity of {account}"
                yield Edge(machine.principal, account, Step(words, machine.registration.urn))

    def rewritable(self, source: Principal) -> Iterator[Edge]:
        """Custom roles that a principal may widen, and what whoever holds one then has.

        Each edge leads from a holder to the power; it counts for those alone who may write, and turn into the holder.
        """
        if not self._decisions.has(source, "iam.roles.update"):
            return
        for role in self._index.custom_roles.values():
            project = project_target(role.project)
            found = self._may(source, "iam.roles.update", project)
            if not found:
                continue
            step = found.step(f"{source} puts any permission into the role {role.name.rpartition('/')[2]}")
            for holder, scope in self._holders(role):
                yield Edge(holder, power_over(scope), step)

    def _holders(self, role: CustomRole) -> Iterator[tuple[Principal, str]]:
        for grant in self._index.grants:
            if grant.role == role.name:
                account = self.accounts.get(grant.member.removeprefix("serviceAccount:"))
                yield account or Principal(Kind.FEDERATED, grant.member, grant.member), grant.scope

    def _into_account(self, source: Principal, account: Principal, target: Target) -> Iterator[Edge]:
        for permission, words in IMPERSONATES:
            if found := self._may(source, permission, target):
                yield Edge(source, account, found.step(f"{source} {words} {account}"))
        if acting := self._may(source, ACT_AS, target):
            for project in self._index.projects:
                for permission in RUN_AS:
                    if self._may(source, permission, target_in(project)):
                        words = f"{source} gives {account} to something that runs in {project}"
                        yield Edge(source, account, acting.step(words))

    def _machines_in(self, scope: str) -> tuple[Machine, ...]:
        """Machines that lie in a scope, and those that take what they run from a bucket, which may lie there."""
        if scope not in self._by_holder:
            self._by_holder[scope] = tuple(
                machine
                for machine in self._machines
                if machine.documents or machine.bundles or scope in self._by_urn[machine.registration.urn].scopes
            )
        return self._by_holder[scope]

    def _into_machine(self, source: Principal, machine: Machine) -> Iterator[Edge]:
        for found, words, doubt in self._ways(source, machine):
            if found:
                yield Edge(source, machine.principal, found.step(f"{source} {words}", doubt))

    def _into_power(self, source: Principal, target: Target) -> Iterator[Edge]:
        permission = SET_POLICY.get(target.words.partition(" ")[0])
        if permission and self._decisions.has(source, permission):
            yield from self._by_grants(source, target, permission)
        if target.words.startswith("pool "):
            for permission in WRITES_PROVIDERS:
                if found := self._may(source, permission, target):
                    words = f"{source} writes whom {target.words} lets in"
                    for member in self._members(target):
                        yield Edge(source, member, found.step(words))

    def _by_grants(self, source: Principal, target: Target, permission: str) -> Iterator[Edge]:
        """A limit on the roles that one may grant leaves those."""
        scope = target.scopes[0]
        for role in self._roles_that_matter:
            found = self._may(source, permission, target, {GRANTED_ROLES: (role,)})
            if found:
                power = power_over(scope, "*" if role == OWNER else role)
                yield Edge(source, power, found.step(f"{source} grants {role} on {target.words}"))
                if role == OWNER:
                    return

    def _members(self, pool: Target) -> Iterator[Principal]:
        identifier = text(self._capture.by_urn[pool.urn].inputs.get("workloadIdentityPoolId"))
        for member in dict.fromkeys(grant.member for grant in self._index.grants):
            if f"/workloadIdentityPools/{identifier}/" in member:
                yield Principal(Kind.FEDERATED, shortened(member), member)

    def _ways(self, source: Principal, machine: Machine) -> Iterator[tuple[Answer, str, str]]:
        """What leads to root on a machine, with the words for it and what must hold beside."""
        entry, target = machine.registration, self._by_urn[machine.registration.urn]
        project = project_of(self._capture, entry)
        template = machine.template or entry
        logs_in = text(mapping(template.inputs.get("metadata")).get("enable-oslogin")).upper() == "TRUE"
        acts = self._lacks_account(source, machine)
        yield self._may(source, "compute.instances.setMetadata", target), f"writes the metadata of {entry.name}", acts
        common = self._may(source, "compute.projects.setCommonInstanceMetadata", project_target(project))
        yield common, f"writes the metadata of all of {project}", f"{entry.name} takes it from its project"
        if logs_in:
            found = self._may(source, "compute.instances.osAdminLogin", target)
            yield found, f"logs in to {entry.name} as an administrator", acts
        found = self._may(source, "compute.instances.attachDisk", target)
        yield found, f"puts another disk into {entry.name}", "it can be stopped and started"
        if machine.is_worker:
            changed = self._may(source, "compute.instanceGroupManagers.update", target_in(project))
            if changed and self._may(source, "compute.instanceTemplates.create", target_in(project)):
                yield changed, f"changes what workers of {entry.name} are made from", ""
        yield from self._by_store(source, machine)

    def _lacks_account(self, source: Principal, machine: Machine) -> str:
        """What must hold beside where a machine has an account that one may not act as."""
        if machine.identity not in self.accounts or self._may(source, ACT_AS, self._account(machine.identity)):
            return ""
        return f"{ACT_AS} on its account is not asked for"

    def _by_store(self, source: Principal, machine: Machine) -> Iterator[tuple[Answer, str, str]]:
        for kind, listed in (("document", machine.documents), ("bundle", machine.bundles)):
            for stored in listed:
                name = f"projects/_/buckets/{stored.bucket}"
                target = objects(self._by_name.get(name) or named_bucket(stored.bucket), stored.key)
                found = self._may(source, "storage.objects.create", target)
                replaces = found and self._may(source, "storage.objects.delete", target)
                doubt = "its document names the digest" if kind == "bundle" else ""
                new = "" if replaces else "it is not there yet"
                words = f"writes the {kind} of {machine.registration.name}"
                yield found, words, " and ".join(part for part in (doubt, new) if part)

    @staticmethod
    def _may_be_in(scope: str, target: Target) -> bool:
        return not scope or scope in target.scopes

    def _account(self, email: str) -> Target:
        return self._by_name[email]

    def _may(self, source: Principal, permission: str, target: Target, attributes: Facts = NOTHING) -> Answer:
        return self._decisions.may(source, permission, target, attributes)


def power_over(scope: str, role: str = "*") -> Principal:
    """What somebody has who grants himself a role on something, or widens one that he has there."""
    name = scope.replace(":", " ", 1) if role == "*" else f"{scope.replace(':', ' ', 1)} with {role}"
    return Principal(Kind.POWER, name, f"{role} on {scope}")


def shortened(member: str) -> str:
    """A member of a pool as a person says it."""
    return member.partition("/workloadIdentityPools/")[2] or member


def target_in(project: str) -> Target:
    """Something in a project of which conditions see nothing."""
    return Target(f"something in {project}", "gcp", f"projects/{project}", scopes=(f"project:{project}",))
