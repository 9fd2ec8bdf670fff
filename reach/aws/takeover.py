"""How one turns into another on AWS: assumed and passed roles, rewritten trusts and policies, and machines taken over.

Ways are those that the IAM and EC2 user guides describe; what only a fault in a service would open is not among them.
"""

from collections import defaultdict
from collections.abc import Iterator

from capture import Capture
from reach.aws.decide import Decisions
from reach.aws.index import Index, RoleRecord
from reach.aws.targets import objects, targets, worker
from reach.graph import Edge, up_to_the_first_sure
from reach.machines import EC2_TEMPLATE, NODES, Machine
from reach.model import Answer, Facts, Kind, Principal, Target
from reach.step import Step
from reach.values import text

RUN_WITH_A_ROLE: dict[str, tuple[str, ...]] = {
    "ec2.amazonaws.com": ("ec2:RunInstances", "ec2:AssociateIamInstanceProfile"),
    "lambda.amazonaws.com": ("lambda:CreateFunction",),
    "ecs-tasks.amazonaws.com": ("ecs:RunTask",),
    "codebuild.amazonaws.com": ("codebuild:CreateProject",),
    "cloudformation.amazonaws.com": ("cloudformation:CreateStack",),
    "ssm.amazonaws.com": ("ssm:StartAutomationExecution",),
    "glue.amazonaws.com": ("glue:CreateJob",),
    "pods.eks.amazonaws.com": ("eks:CreatePodIdentityAssociation",),
}
"""Services that run what they are given with a role, and the actions that give it (IAM user guide, "Grant a user
permissions to pass a role to an AWS service")."""

REWRITES_ITS_POLICY = {
    "bucket": ("s3:PutBucketPolicy",),
    "secret": ("secretsmanager:PutResourcePolicy",),
    "key": ("kms:PutKeyPolicy", "kms:CreateGrant"),
}
"""By the first word of a resource: what lets one write who may use it."""

ADMINISTRATOR_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"

EXISTING: Facts = {"ec2:createaction": ()}
"""Tagging what is there already is no part of its creation (EC2 user guide, "Grant permission to tag on creation")."""

LOG_IN = (
    ("ec2-instance-connect:SendSSHPublicKey", "pushes an SSH key to", ""),
    ("ec2:ModifyInstanceAttribute", "changes the user data of", ""),
    ("ec2:CreateReplaceRootVolumeTask", "replaces the root disk of", ""),
    ("ec2:AttachVolume", "puts another disk into", "it can be stopped and started"),
)
"""Ways to root on an instance, with what must hold beside (EC2 user guide)."""

SESSIONS = (("ssm:StartSession", "opens a session on"), ("ssm:SendCommand", "runs a command on"))
"""Ways to root where the agent of Systems Manager runs (Systems Manager user guide, "Session Manager")."""

REWRITES_A_ROLE = (
    *("sts:AssumeRole", "iam:UpdateAssumeRolePolicy", "iam:PassRole", "iam:CreateRole", "iam:CreatePolicyVersion"),
)
"""What leads into a role that lets nobody in by itself."""

TAKES_MACHINES = (
    *(action for action, _, _ in LOG_IN),
    *(action for action, _ in SESSIONS),
    *("ec2:CreateTags", "ec2:CreateLaunchTemplateVersion", "autoscaling:UpdateAutoScalingGroup"),
    "eks:CreateAccessEntry",
)
"""Without one of these, or a right to write its store, nobody becomes root on a machine."""

STORED = "arn:aws:s3:::"
"""How the ARN of a bucket begins, in which documents and bundles lie."""

CLUSTER_ADMIN = "AmazonEKSClusterAdminPolicy"


class Takeovers:
    """The edges of the principals of AWS."""

    def __init__(self, capture: Capture, index: Index, decisions: Decisions, machines: tuple[Machine, ...]) -> None:
        """Everything is asked of these decisions."""
        self._capture = capture
        self._index = index
        self._decisions = decisions
        self._machines = tuple(machine for machine in machines if machine.cloud == "aws")
        self._told = tuple(machine for machine in self._machines if machine.documents or machine.bundles)
        self.targets: tuple[Target, ...] = tuple(targets(capture))
        self._by_arn = {target.name: target for target in self.targets}
        self._by_urn: dict[str, Target] = {}
        self._by_word: dict[str, list[Target]] = defaultdict(list)
        for target in self.targets:
            # The first of those with one URN is the resource itself; its objects and workers come after it.
            self._by_urn.setdefault(target.urn, target)
            self._by_word[target.words.partition(" ")[0]].append(target)
        self._own = {
            machine.principal: worker(capture, machine.registration)
            if machine.is_worker
            else self._by_urn[machine.registration.urn]
            for machine in self._machines
        }
        self._open_roles = tuple(record for record in index.roles.values() if decisions.lets_in(self._role(record)))
        """Those whose trust lets a principal in, so that his own policies need not speak of them."""

    def edges(self, source: Principal) -> Iterator[Edge]:
        """Whom a principal turns into by what it may do itself."""
        is_over_a_thing = source.kind is Kind.POWER and source.identifier.startswith("arn:")
        if not is_over_a_thing or source.identifier.startswith(STORED):
            for machine in self._told:
                for answer, words, doubt in self._by_store(source, machine):
                    if answer:
                        yield Edge(source, machine.principal, answer.step(f"{source} {words}", doubt))
        if is_over_a_thing:
            return
        rewrites = self._decisions.speaks(source, *REWRITES_A_ROLE)
        for record in self._index.roles.values() if rewrites else self._open_roles:
            yield from up_to_the_first_sure(self._into_role(source, record))
        if self._decisions.speaks(source, *TAKES_MACHINES):
            for machine in self._machines:
                yield from up_to_the_first_sure(self._into_machine(source, machine))
        yield from self._into_power(source)
        if rewrites:
            yield from self._into_new_role(source)

    def of_machines(self) -> Iterator[Edge]:
        """Whom root on a machine turns into: the role of the machine, and on nodes those of the pods."""
        by_profile = {
            text(entry.inputs.get("name")): text(entry.inputs.get("role"))
            for entry in self._capture.of_type("aws:iam/instanceProfile:InstanceProfile")
        }
        by_name: dict[str, list[RoleRecord]] = defaultdict(list)
        for record in self._index.roles.values():
            for name in {text(record.registration.inputs.get("name")), record.principal.identifier}:
                by_name[name].append(record)
        of_pods = [record for record in self._index.roles.values() if "pods.eks.amazonaws.com" in _services(record)]
        for machine in self._machines:
            held = by_profile.get(machine.identity, machine.identity)
            for record in by_name.get(held, ()) if held else ():
                words = f"{machine.principal} has the identity of {record.principal}"
                yield Edge(machine.principal, record.principal, Step(words, machine.registration.urn))
            for record in of_pods if machine.registration.type == NODES else ():
                if record not in by_name.get(held, ()):
                    words = f"{machine.principal} takes the identity of pods, {record.principal}"
                    yield Edge(machine.principal, record.principal, Step(words, record.principal.urn))

    def of_clusters(self, principals: dict[str, Principal]) -> Iterator[Edge]:
        """Whoever administers a cluster runs what he likes on its nodes. Principals are by ARN."""
        for entry in self._capture.of_type("aws:eks/accessPolicyAssociation:AccessPolicyAssociation"):
            arn = text(entry.inputs.get("principalArn"))
            if CLUSTER_ADMIN not in text(entry.inputs.get("policyArn")) or arn not in principals:
                continue
            for machine in self._machines:
                nodes = machine.registration
                if nodes.type == NODES and nodes.inputs.get("clusterName") == entry.inputs.get("clusterName"):
                    words = f"{principals[arn]} administers the cluster of {nodes.name}"
                    yield Edge(principals[arn], machine.principal, Step(words, entry.urn))

    def rewritable(self, source: Principal) -> Iterator[Edge]:
        """Roles whose own policies a principal may write, and what whoever has such a role then has.

        Each edge leads from the role to the power; it counts for those alone who may write, and turn into the role.
        """
        if not self._decisions.speaks(source, "iam:PutRolePolicy", "iam:AttachRolePolicy"):
            return
        for record in self._index.roles.values():
            target = self._role(record)
            step = self._rewriting(source, record, target)
            if step is None:
                continue
            bound = record.boundary
            if bound and self._may(source, "iam:DeleteRolePermissionsBoundary", target):
                bound = ""
            yield Edge(record.principal, power_within(record.account, bound), step)

    def _rewriting(self, source: Principal, record: RoleRecord, target: Target) -> Step | None:
        words = f"{source} writes the policies of {record.principal}"
        if answer := self._may(source, "iam:PutRolePolicy", target):
            return answer.step(words)
        if answer := self._may(source, "iam:AttachRolePolicy", target, {"iam:policyarn": (ADMINISTRATOR_POLICY,)}):
            return answer.step(words)
        return None

    def _into_role(self, source: Principal, record: RoleRecord) -> Iterator[Edge]:
        role, target = record.principal, self._role(record)
        if answer := self._may(source, "sts:AssumeRole", target):
            yield Edge(source, role, answer.step(f"{source} assumes {role}"))
        if answer := self._may(source, "iam:UpdateAssumeRolePolicy", target):
            yield Edge(source, role, answer.step(f"{source} writes who may assume {role}"))
        for service in _services(record):
            for action in RUN_WITH_A_ROLE.get(service, ()):
                passed = self._may(source, "iam:PassRole", target, {"iam:passedtoservice": (service,)})
                anything = Target(f"a new resource of {service}", "aws", f"arn:aws:*:*:{record.account}:*")
                if passed and self._may(source, action, anything):
                    yield Edge(source, role, passed.step(f"{source} runs something with {role} ({action})"))

    def _into_new_role(self, source: Principal) -> Iterator[Edge]:
        """Who makes roles and writes their policies has whatever a new one may have."""
        for account in self._index.accounts:
            new = Target("a new role", "aws", f"arn:aws:iam::{account}:role/*", account=account)
            for bound in ("", *self._index.boundaries(account)):
                facts: Facts = {"iam:permissionsboundary": (bound,) if bound else ()}
                made = self._may(source, "iam:CreateRole", new, facts)
                if made and self._may(source, "iam:PutRolePolicy", new, facts):
                    words = f"{source} makes a role and writes its policies"
                    yield Edge(source, power_within(account, bound), made.step(words))
                    break
            for policy in self._index.boundaries(account):
                target = self._by_arn.get(policy)
                if target and (answer := self._may(source, "iam:CreatePolicyVersion", target)):
                    words = f"{source} writes the boundary {target.words}"
                    yield Edge(source, power_within(account, ""), answer.step(words, "a role within it is his"))

    def _into_power(self, source: Principal) -> Iterator[Edge]:
        """Who writes the policy of a thing has whatever can be done to it."""
        for word, actions in REWRITES_ITS_POLICY.items():
            speaks = self._decisions.speaks(source, *actions)
            for target in self._by_word.get(word, ()):
                if not speaks and not self._decisions.lets_in(target):
                    continue
                for action in actions:
                    if answer := self._may(source, action, target):
                        power = Principal(Kind.POWER, target.words, target.name, target.urn)
                        yield Edge(source, power, answer.step(f"{source} writes who may use {target.words}"))

    def _into_machine(self, source: Principal, machine: Machine) -> Iterator[Edge]:
        for answer, words, doubt in self._ways(source, machine):
            if answer:
                yield Edge(source, machine.principal, answer.step(f"{source} {words}", doubt))

    def _ways(self, source: Principal, machine: Machine) -> Iterator[tuple[Answer, str, str]]:
        """What leads to root on a machine, with the words for it and what must hold beside."""
        name = machine.registration.name
        if machine.registration.type == NODES:
            yield from self._by_template(source, machine)
            cluster = Target("the cluster", "aws", f"arn:aws:eks:*:*:cluster/{_cluster(machine)}")
            yield self._may(source, "eks:CreateAccessEntry", cluster), f"lets itself into the cluster of {name}", ""
            return
        target = self._own[machine.principal]
        for action, words, doubt in LOG_IN:
            yield self._may(source, action, target, EXISTING), f"{words} {name}", doubt
        if machine.identity:
            for action, words in SESSIONS:
                yield self._may(source, action, target, EXISTING), f"{words} {name}", ""
        if machine.is_worker:
            yield from self._by_template(source, machine)
            group = self._by_urn[machine.registration.urn]
            answer = self._may(source, "autoscaling:UpdateAutoScalingGroup", group, EXISTING)
            yield answer, f"changes what workers of {name} are made from", ""
        for stored in machine.documents:
            tag = {f"aws:requesttag/{stored.source}": ("s3://another/document",), "aws:tagkeys": (stored.source,)}
            facts: Facts = {**EXISTING, **tag}
            words = f"changes the tag {stored.source}, from which {name} takes its document"
            yield self._may(source, "ec2:CreateTags", target, facts), words, ""

    def _by_template(self, source: Principal, machine: Machine) -> Iterator[tuple[Answer, str, str]]:
        if machine.template is not None and machine.template.type == EC2_TEMPLATE:
            target = self._by_urn[machine.template.urn]
            words = f"changes the template of {machine.registration.name}"
            yield self._may(source, "ec2:CreateLaunchTemplateVersion", target, EXISTING), words, ""

    def _by_store(self, source: Principal, machine: Machine) -> Iterator[tuple[Answer, str, str]]:
        name = machine.registration.name
        for kind, listed in (("document", machine.documents), ("bundle", machine.bundles)):
            doubt = "its document names the digest" if kind == "bundle" else ""
            for stored in listed:
                arn = f"arn:aws:s3:::{stored.bucket}"
                bucket = self._by_arn.get(arn) or Target(f"bucket {stored.bucket}", "aws", arn)
                answer = self._may(source, "s3:PutObject", objects(bucket, stored.key))
                yield answer, f"writes the {kind} of {name}", doubt

    def _may(self, source: Principal, action: str, target: Target, facts: Facts | None = None) -> Answer:
        return self._decisions.may(source, action, target, facts or {})

    def _role(self, record: RoleRecord) -> Target:
        return self._by_arn[record.principal.identifier]


def power_within(account: str, boundary: str) -> Principal:
    """Whatever a role of an account may have whose policies one writes: all, or what its boundary leaves."""
    within = f" within {boundary.rpartition('/')[2]}" if boundary else ""
    identifier = f"{account} within {boundary}" if boundary else account
    return Principal(Kind.POWER, f"account {account}{within}", identifier)


def _services(record: RoleRecord) -> tuple[str, ...]:
    """The services that a role trusts."""
    listed = (name for entry in record.trust if entry.allows for kind, name in entry.principals if kind == "Service")
    return tuple(dict.fromkeys(listed))


def _cluster(machine: Machine) -> str:
    return text(machine.registration.inputs.get("clusterName"))
