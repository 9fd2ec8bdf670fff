"""Who has which policies on AWS, read from a capture once."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from capture import Capture, Registration
from reach.aws.document import DocumentError, Statement, statements_of
from reach.data import is_action, managed_policy
from reach.model import Facts, Fault, Kind, Principal, Target
from reach.values import answer, digits, mapping, place, records, text, texts

ROLE = "aws:iam/role:Role"
USER = "aws:iam/user:User"
POLICY = "aws:iam/policy:Policy"

INLINE = {
    "aws:iam/rolePolicy:RolePolicy": ("role", ROLE),
    "aws:iam/userPolicy:UserPolicy": ("user", USER),
}
"""Policies of one identity: the input that names it, and what it is."""

ATTACHED = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": (("role", ROLE),),
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": (("user", USER),),
    "aws:iam/policyAttachment:PolicyAttachment": (("roles", ROLE), ("users", USER)),
}
"""Attachments: the inputs that name identities, and what these are."""

GUARDS: dict[str, tuple[str, str]] = {
    "aws:s3/bucketPolicy:BucketPolicy": ("bucket", "arn:aws:s3:::"),
    "aws:kms/keyPolicy:KeyPolicy": ("keyId", ""),
    "aws:sns/topicPolicy:TopicPolicy": ("arn", ""),
    "aws:sqs/queuePolicy:QueuePolicy": ("queueUrl", ""),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": ("repository", ""),
    "aws:secretsmanager/secretPolicy:SecretPolicy": ("secretArn", ""),
}
"""Policies of resources as registrations of their own: the input that names the resource, and what makes it an ARN."""

OWN_POLICY = ("aws:kms/key:Key", "aws:s3/bucket:Bucket", "aws:sns/topic:Topic", "aws:sqs/queue:Queue")
"""Resources that may carry their policy as an input."""

NARROWING = ("aws:ec2/vpcEndpoint:VpcEndpoint",)
"""Policies that only take away, and only on one way into a cloud; who comes by another way is not held by them."""

NOT_READ = ("aws:iam/group:Group", "aws:iam/groupPolicy:GroupPolicy", "aws:lambda/permission:Permission")
"""What gives rights and is not understood here; nothing of the program needs it."""


@dataclass(frozen=True)
class Identity:
    """The policies of whoever asks."""

    arn: str
    account: str
    policies: tuple[Statement, ...] = ()
    boundary: tuple[Statement, ...] | None = None
    """None where there is no boundary."""
    facts: Facts = field(default_factory=dict[str, tuple[str, ...]])
    """Condition keys about himself."""
    is_user: bool = False


@dataclass(frozen=True)
class RoleRecord:
    """A registered role or user."""

    principal: Principal
    registration: Registration
    account: str
    trust: tuple[Statement, ...] = ()
    boundary: str = ""
    """ARN of the policy that bounds it; empty for none."""


class Index:
    """Identities, resource policies and faults of a capture."""

    def __init__(self, capture: Capture) -> None:
        """Reads every policy; what cannot be read is a fault."""
        self._capture = capture
        self.faults: list[Fault] = []
        self.roles: dict[str, RoleRecord] = {}
        """Roles and users by ARN."""
        self._policies: dict[str, list[Statement]] = defaultdict(list)
        self._guards: dict[str, list[Statement]] = defaultdict(list)
        self._known: dict[str, Registration] = {}
        self._identities: dict[tuple[str, str], Identity] = {}
        self._by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._documents: dict[str, tuple[Statement, ...]] = {}
        self.accounts: tuple[str, ...] = tuple(
            dict.fromkeys(
                account
                for entry in capture.of_type("pulumi:providers:aws")
                if (account := digits(text(entry.inputs.get("allowedAccountIds"))))
            )
        )
        self._read()

    def identity(self, principal: Principal) -> Identity:
        """The policies of a principal; one who is not registered has none that are known."""
        key = (principal.kind, principal.identifier or principal.name)
        found = self._identities.get(key)
        if found is None:
            found = self._identities[key] = self._identity(principal)
        return found

    def policy_of(self, target: Target) -> tuple[Statement, ...] | list[Statement]:
        """The statements of a resource's own policy; an object has its bucket's."""
        name = target.name
        if name.startswith("arn:aws:s3:::"):
            name = name.partition("/")[0]
        return self._guards.get(name, ())

    def leaves_to_account(self, target: Target) -> bool:
        """Whether a key has no policy of its own: the default one leaves it to the account's identities."""
        return ":key/" in target.name and target.name not in self._guards

    def boundary(self, arn: str) -> tuple[Statement, ...]:
        """The statements of the policy with an ARN, of ours or of AWS; one that is not there allows nothing."""
        return self._documents.get(arn, ())

    def boundaries(self, account: str) -> tuple[str, ...]:
        """ARNs of the policies that bound roles of an account."""
        bounds = (record.boundary for record in self.roles.values() if record.account == account and record.boundary)
        return tuple(dict.fromkeys(bounds))

    def outsiders(self) -> Iterator[str]:
        """ARNs that policies of roles and resources let in, and that the program does not make."""
        for statements in self._guards.values():
            for entry in statements:
                for kind, name in entry.principals if entry.allows else ():
                    if kind == "AWS" and name not in self.roles:
                        yield name
        for entry in self._capture.of_type("aws:eks/accessEntry:AccessEntry"):
            if (arn := text(entry.inputs.get("principalArn"))) and arn not in self.roles:
                yield arn

    def _identity(self, principal: Principal) -> Identity:
        arn, account = principal.identifier, account_of(principal.identifier)
        facts = _facts(principal, account)
        if principal.kind in (Kind.ADMINISTRATOR, Kind.POWER):
            # Who administers an account, or rewrites what a role may do, has whatever he wants within its boundary.
            account, _, bound = principal.identifier.partition(" within ")
            held = self.boundary(bound) if bound else None
            own = f"arn:aws:iam::{account}:role/{principal.kind.replace(' ', '-')}"
            about = {"aws:principalarn": (own,), "aws:principalaccount": (account,)}
            return Identity(own, account, _EVERYTHING, held, {**facts, **about})
        record = self.roles.get(arn)
        if record is None:
            return Identity(arn, account, facts=facts)
        bounds = self.boundary(record.boundary) if record.boundary else None
        tags = {
            f"aws:principaltag/{key.lower()}": (text(value),)
            for key, value in mapping(record.registration.inputs.get("tags")).items()
        }
        is_user = principal.kind is Kind.USER
        policies = tuple(self._policies[arn])
        return Identity(arn, record.account, policies, boundary=bounds, facts={**facts, **tags}, is_user=is_user)

    def _read(self) -> None:
        for entry in self._capture.of_type(POLICY):
            arn = answer(self._capture, entry, "arn")
            self._documents[arn] = self._statements(entry, "policy")
        for type_token in (ROLE, USER):
            for entry in self._capture.of_type(type_token):
                self._read_identity(entry)
        for entry in self._capture.resources:
            if entry.cloud == "aws":
                self._read_grant(entry)
        self._read_attachments()

    def _read_identity(self, entry: Registration) -> None:
        kind = Kind.ROLE if entry.type == ROLE else Kind.USER
        arn = answer(self._capture, entry, "arn")
        principal = Principal(kind, entry.name, arn, entry.urn)
        trust = self._statements(entry, "assumeRolePolicy") if kind is Kind.ROLE else ()
        boundary = text(entry.inputs.get("permissionsBoundary"))
        if boundary and boundary not in self._documents:
            self._documents[boundary] = self._managed(entry, boundary, "permissionsBoundary")
        account = account_of(arn)
        self.roles[arn] = RoleRecord(principal, entry, account, trust, boundary)
        self._guards[arn] = list(trust)
        for name in (text(entry.inputs.get("name")) or answer(self._capture, entry, "name"), arn):
            self._by_name[entry.type, name].append(arn)
        for policy in records(entry.inputs.get("inlinePolicies")):
            self._policies[arn].extend(self._document(entry, text(policy.get("policy")), "inlinePolicies"))
        for attached in texts(entry.inputs.get("managedPolicyArns")):
            self._policies[arn].extend(self._managed(entry, attached, "managedPolicyArns"))

    def _read_grant(self, entry: Registration) -> None:
        if entry.type in INLINE:
            key, of_type = INLINE[entry.type]
            statements = self._statements(entry, "policy")
            for arn in self._named(entry, key, of_type):
                self._policies[arn].extend(statements)
        elif entry.type in GUARDS:
            key, prefix = GUARDS[entry.type]
            self._guards[self._guarded(entry, key, prefix)].extend(self._statements(entry, "policy"))
        elif entry.type in OWN_POLICY:
            if entry.inputs.get("policy") is not None:
                self._guards[answer(self._capture, entry, "arn")].extend(self._statements(entry, "policy"))
        elif entry.type in NOT_READ:
            self._tell(entry, "", "gives rights that are not read. HINT: a policy of a role")
        elif '"Statement"' in text(entry.inputs.get("policy")) and entry.type not in (POLICY, *NARROWING):
            self._tell(entry, "policy", "is a policy of a kind that is not read. HINT: GUARDS in reach/aws/index.py")

    def _read_attachments(self) -> None:
        for type_token, named in ATTACHED.items():
            for entry in self._capture.of_type(type_token):
                statements = self._managed(entry, text(entry.inputs.get("policyArn")), "policyArn")
                for key, of_type in named:
                    for arn in self._named(entry, key, of_type):
                        self._policies[arn].extend(statements)

    def _named(self, entry: Registration, key: str, of_type: str) -> Iterator[str]:
        """ARNs of the identities that an input names."""
        for name in texts(entry.inputs.get(key)):
            found = self._by_name.get((of_type, name), [])
            if not found:
                self._tell(entry, key, f'names "{name}", which the program does not make. HINT: the name of a role')
            yield from found

    def _guarded(self, entry: Registration, key: str, prefix: str) -> str:
        """The ARN of the resource that a policy guards."""
        value = text(entry.inputs.get(key))
        if value.startswith("arn:"):
            return value
        if prefix and value:
            return f"{prefix}{value}"
        for urn in entry.property_dependencies.get(key, ()):
            if arn := answer(self._capture, self._capture.by_urn[urn], "arn"):
                return arn
        self._tell(entry, key, "guards a resource that is not known. HINT: an output of the resource")
        return ""

    def _managed(self, entry: Registration, arn: str, key: str) -> tuple[Statement, ...]:
        """The statements of a policy by its ARN, of ours or of AWS."""
        if arn in self._documents:
            return self._documents[arn]
        document = managed_policy(arn.rpartition("/")[2]) if arn.startswith("arn:aws:iam::aws:") else ""
        if not document:
            hint = "HINT: python -m reach.data FOLDER --date DATE, or its right name"
            self._tell(entry, key, f'names "{arn}", of which nothing is known. {hint}')
            return ()
        return self._document(entry, document, key)

    def _statements(self, entry: Registration, key: str) -> tuple[Statement, ...]:
        value = entry.inputs.get(key)
        if not isinstance(value, str):
            self._tell(entry, key, "is known only after an update. HINT: a capture with final values")
            return ()
        return self._document(entry, value, key)

    def _document(self, entry: Registration, document: str, key: str) -> tuple[Statement, ...]:
        try:
            statements = statements_of(document, entry.urn)
        except DocumentError as error:
            self._tell(entry, key, str(error))
            return ()
        for name in sorted({name for entry in statements for name in (*entry.actions, *entry.not_actions)}):
            if not is_action(name):
                hint = "HINT: its right name, or python -m reach.data FOLDER --date DATE --actions FILE"
                self._tell(entry, key, f"names the action {name}, which AWS does not have. {hint}")
        return statements

    def _tell(self, entry: Registration, key: str, message: str) -> None:
        self.faults.append(Fault(entry.urn, place(entry, key), message))


def account_of(arn: str) -> str:
    """The account in an ARN; empty where it has none."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) > 4 else ""


def _facts(principal: Principal, account: str) -> dict[str, tuple[str, ...]]:
    if principal.kind is Kind.SERVICE:
        return {"aws:principalisawsservice": ("true",), "aws:principalservicename": (principal.identifier,)}
    facts: dict[str, tuple[str, ...]] = {"aws:principalisawsservice": ("false",)}
    # Whoever shows a token is no principal of AWS before a role is given for it.
    if account and principal.kind is not Kind.FEDERATED:
        facts |= {"aws:principalarn": (principal.identifier,), "aws:principalaccount": (account,)}
    if principal.kind in (Kind.ROLE, Kind.USER):
        facts["aws:principaltype"] = ("AssumedRole" if principal.kind is Kind.ROLE else "User",)
    return facts


_EVERYTHING = statements_of('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
