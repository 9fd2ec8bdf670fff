"""Federation: jobs of forges, accounts of one cloud and roles of the other, and whom each is taken for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from capture import Capture, Registration
from reach.aws.conditions import ALL_ELSE
from reach.aws.decide import Decisions
from reach.aws.document import Condition, Statement
from reach.aws.index import Index as AwsIndex
from reach.aws.index import RoleRecord
from reach.gcp.conditions import ERROR, Anything, Result, evaluate, holds
from reach.gcp.conditions import Context as GcpContext
from reach.gcp.index import ACCOUNT, POOL_PROVIDER
from reach.gcp.index import Index as GcpIndex
from reach.gcp.syntax import ExpressionError, Literal, Name, Operation, parsed, parts, written
from reach.gcp.takeover import shortened
from reach.globs import matches
from reach.graph import Edge
from reach.model import Answer, Facts, Kind, Principal, Target
from reach.step import Step
from reach.truth import Doubt, Truth, both, counts, reason
from reach.values import answer, block, mapping, text

GOOGLE = "accounts.google.com"

STRANGER = "somebody of whom nothing is known"
ASSUME = "sts:AssumeRoleWithWebIdentity"


@dataclass(frozen=True)
class Job:
    """A run of a pipeline, by the claims of its identity token; a claim that is not given is not there."""

    issuer: str
    """Host of the forge, for example "gitlab.example.com"."""
    claims: Mapping[str, str]


@dataclass(frozen=True)
class Exchange:
    """What a pool makes of a token that it is really shown."""

    truth: Truth
    """Whether its provider takes it."""
    members: tuple[Principal, ...] = ()
    """Those that grants name and that the token surely makes; whoever is none of them has no rights by it."""
    doubts: tuple[str, ...] = ()
    """Why it may be a further member."""


@dataclass(frozen=True)
class _Provider:
    """A provider of a pool."""

    registration: Registration
    pool: str
    account: str
    """Of AWS; empty for another issuer."""
    issuer: str
    condition: str
    mappings: Mapping[str, str]


class Federation:
    """The edges from outside and between the clouds."""

    def __init__(
        self,
        capture: Capture,
        aws: AwsIndex,
        decisions: Decisions,
        gcp: GcpIndex,
        accounts: Mapping[str, Principal],
    ) -> None:
        """Accounts are service accounts by e-mail address; decisions are those of AWS, which trusts are asked of."""
        self._capture = capture
        self._aws = aws
        self._decisions = decisions
        self._accounts = accounts
        self._unique = {
            answer(capture, entry, "uniqueId"): accounts[answer(capture, entry, "email")]
            for entry in capture.of_type(ACCOUNT)
            if answer(capture, entry, "email") in accounts
        }
        self.members: dict[str, Principal] = {
            grant.member: Principal(Kind.FEDERATED, shortened(grant.member), grant.member)
            for grant in gcp.grants
            if "/workloadIdentityPools/" in grant.member
        }
        """Identities of pools that grants name, by member."""
        self._providers = tuple(_provider(entry) for entry in capture.of_type(POOL_PROVIDER))

    def edges(self) -> Iterator[Edge]:
        """Everybody who turns into somebody of a cloud by a token of somebody else."""
        for record in self._aws.roles.values():
            for entry in record.trust:
                for kind, name in entry.principals if entry.allows else ():
                    if kind == "Federated":
                        yield from self._trusted(record, entry, name)
        for member in self.members.values():
            for provider in self._providers:
                if f"/workloadIdentityPools/{provider.pool}/" in member.identifier:
                    yield from self._mapped(member, provider)

    def of_job(self, job: Job) -> Iterator[tuple[Principal, Step]]:
        """Whom one job is taken for by itself."""
        facts: Facts = {f"{job.issuer}:{claim}".lower(): (value,) for claim, value in job.claims.items()}
        for record in self._aws.roles.values():
            for name in dict.fromkeys(name for entry in record.trust for name in _issuers(entry)):
                issued = name.endswith(job.issuer)
                if issued and (found := self._assumes(name, record, facts, lacks=ALL_ELSE)):
                    yield record.principal, found.step(f"the job is taken for {record.principal}")
        values: dict[str, Result] = {f"assertion.{claim}": value for claim, value in job.claims.items()}
        for member in self.members.values():
            for provider in self._providers:
                of_pool = f"/workloadIdentityPools/{provider.pool}/" in member.identifier
                if of_pool and provider.issuer == job.issuer:
                    truth = _is_member(member, provider, values)
                    if counts(truth):
                        words = f"the job is taken for {member}"
                        yield member, Step(words, provider.registration.urn, reason(truth))

    def exchange(self, provider: str, assertions: Mapping[str, str]) -> Exchange:
        """What becomes of a token with these assertions that a provider, by its full name, is shown.

        Of a session of AWS they are its ARN and its account; of every other one its claims, of which none may be left
        out.
        """
        for each in self._providers:
            if answer(self._capture, each.registration, "name") == provider:
                return self._exchanged(each, {f"assertion.{name}": value for name, value in assertions.items()})
        return Exchange(truth=False)

    def _exchanged(self, provider: _Provider, values: Mapping[str, Result]) -> Exchange:
        if provider.account and values.get("assertion.account") != provider.account:
            return Exchange(truth=False)
        whole = () if provider.account else ("assertion",)
        condition = holds(provider.condition, _seen_by(provider, values, whole))
        found = [
            (member, truth)
            for member in self.members.values()
            if f"/workloadIdentityPools/{provider.pool}/" in member.identifier
            and (truth := _is_member(member, provider, values, whole)) is not False
        ]
        return Exchange(
            condition,
            tuple(member for member, truth in found if truth is True),
            tuple(f"{member}, if {reason(truth)}" for member, truth in found if truth is not True),
        )

    def _assumes(self, issuer: str, record: RoleRecord, facts: Facts, lacks: tuple[str, ...] | None = None) -> Answer:
        """Whether a role is given for a token of an issuer."""
        principal = record.principal
        target = Target(str(principal), "aws", principal.identifier, account=record.account)
        return self._decisions.may(Principal(Kind.FEDERATED, issuer, issuer), ASSUME, target, facts, lacks=lacks)

    def _trusted(self, record: RoleRecord, entry: Statement, name: str) -> Iterator[Edge]:
        if name != GOOGLE:
            issuer = name.partition(":oidc-provider/")[2] or name
            claims = tuple(_told(condition, issuer) for condition in entry.conditions)
            job = Principal(Kind.JOB, _named(issuer, claims))
            words = f"jobs of {issuer} assume {record.principal}"
            yield Edge(job, record.principal, Step(words, record.principal.urn))
            return
        for unique, account in self._unique.items():
            if found := self._assumes(GOOGLE, record, _google_facts(unique)):
                words = f"{account} assumes {record.principal} with a token of Google"
                yield Edge(account, record.principal, found.step(words))
        if found := self._assumes(GOOGLE, record, _google_facts(STRANGER)):
            words = f"anyone with an account of Google assumes {record.principal}"
            yield Edge(EVERYONE, record.principal, found.step(words))

    def _mapped(self, member: Principal, provider: _Provider) -> Iterator[Edge]:
        urn = provider.registration.urn
        if provider.account:
            for record in self._aws.roles.values():
                if record.account == provider.account:
                    truth = _is_member(member, provider, _assertion(provider, text(record.registration.inputs["name"])))
                    if counts(truth):
                        words = f"{record.principal} is taken for {member}"
                        yield Edge(record.principal, member, Step(words, urn, reason(truth)))
            truth = _is_member(member, provider, _assertion(provider, STRANGER))
            if counts(truth):
                somebody = Principal(Kind.ADMINISTRATOR, provider.account, provider.account)
                words = f"any role of the account {provider.account} is taken for {member}"
                yield Edge(somebody, member, Step(words, urn, reason(truth)))
            return
        known, others = _claims(provider)
        if not counts(
            _is_member(member, provider, {f"assertion.{claim}": value for claim, value in known.items()}, ())
        ):
            return
        wanted = _wanted(member)
        told = (*(f"{claim} {value}" for claim, value in known.items()), *others)
        of_member = () if wanted == "*" else (wanted.replace("/", " ", 1),)
        job = Principal(Kind.JOB, _named(provider.issuer, (*of_member, *told)))
        yield Edge(job, member, Step(f"jobs of {provider.issuer} are taken for {member}", urn))


EVERYONE = Principal(Kind.EVERYONE, "everyone", "allUsers")


def _provider(entry: Registration) -> _Provider:
    oidc, of_aws = block(entry.inputs.get("oidc")), block(entry.inputs.get("aws"))
    return _Provider(
        registration=entry,
        pool=text(entry.inputs.get("workloadIdentityPoolId")),
        account=text(of_aws.get("accountId")),
        issuer=text(oidc.get("issuerUri")).removeprefix("https://").rstrip("/"),
        condition=text(entry.inputs.get("attributeCondition")),
        mappings={key: text(value) for key, value in mapping(entry.inputs.get("attributeMapping")).items()},
    )


def _google_facts(unique: str) -> Facts:
    """What STS sees of a token of a service account: its number twice; the audience is the account's own choice."""
    return {f"{GOOGLE}:sub": (unique,), f"{GOOGLE}:aud": (unique,)}


def _assertion(provider: _Provider, role: str) -> dict[str, Result]:
    """What Google sees of a session of a role of AWS."""
    start = f"arn:aws:sts::{provider.account}:assumed-role/{role}/"
    return {"assertion.arn": Anything(start), "assertion.account": provider.account}


def _is_member(
    member: Principal, provider: _Provider, values: Mapping[str, Result], whole: tuple[str, ...] = ("assertion",)
) -> Truth:
    """Whether a token with these assertions makes one of the members that a grant names."""
    context = _seen_by(provider, values, whole)
    condition = holds(provider.condition, context)
    kind, _, wanted = _wanted(member).partition("/")
    if kind in ("*", ""):
        return condition
    name = "google.subject" if kind == "subject" else kind
    literal = wanted.replace("\\", "\\\\").replace('"', '\\"')
    return both((condition, holds(f'{name} == "{literal}"', context)))


def _seen_by(provider: _Provider, values: Mapping[str, Result], whole: tuple[str, ...]) -> GcpContext:
    """What a provider's condition sees of a token, with the attributes that the provider makes of it."""
    mapped = {
        name: _value(expression, GcpContext(values, whole=whole)) for name, expression in provider.mappings.items()
    }
    if provider.account and not mapped:
        arn = values.get("assertion.arn", ERROR)
        mapped = {"google.subject": arn, "attribute.aws_role": _role_of(arn)}
    return GcpContext({**values, **mapped}, whole=(*whole, "attribute", "google"))


def _role_of(arn: Result) -> Result:
    """What attribute.aws_role is of a session where nothing is mapped (IAM API, WorkloadIdentityPoolProvider)."""
    if isinstance(arn, Anything):
        return arn.start.rstrip("/")
    return arn.rpartition("/")[0] if isinstance(arn, str) and ":assumed-role/" in arn else arn


def _issuers(entry: Statement) -> Iterator[str]:
    """Whose tokens a statement of a trust takes."""
    yield from (name for kind, name in entry.principals if kind == "Federated" and entry.allows)


def _wanted(member: Principal) -> str:
    """What a member of a pool must be, for example "attribute.origin/main", or "*"."""
    return member.identifier.partition("/workloadIdentityPools/")[2].partition("/")[2]


def _value(expression: str, context: GcpContext) -> Result:
    try:
        return evaluate(parsed(expression), context)
    except ExpressionError as error:
        return Doubt(f"a mapping of the pool cannot be read: {error}")


def _claims(provider: _Provider) -> tuple[dict[str, str], tuple[str, ...]]:
    """What a job must be for its provider: claims with their one value, and all else as it is written."""
    known: dict[str, str] = {}
    others: list[str] = []
    try:
        listed = tuple(parts(parsed(provider.condition))) if provider.condition else ()
    except ExpressionError:
        return {}, (provider.condition,)
    for part in listed:
        match part:
            case Operation("==", Name(path), Literal(str() as value)) if path.startswith("assertion."):
                known[path.removeprefix("assertion.")] = value
            case _:
                others.append(written(part))
    return known, tuple(others)


def _told(condition: Condition, issuer: str) -> str:
    """What a condition of AWS asks for, for example "sub a or b"; one that asks otherwise with its operator."""
    if condition.operator in ("StringEquals", "StringLike"):
        return f"{condition.key.removeprefix(f'{issuer}:')} {' or '.join(condition.values)}"
    return str(condition)


def are_among(jobs: Principal, others: Iterable[Principal]) -> bool:
    """Whether whichever job is meant by one name is meant by one of the others, which ask for the same or for less."""
    issuer, claims = _read(jobs.name)
    wider = [wanted for of_issuer, wanted in (_read(other.name) for other in others) if of_issuer == issuer]
    return all(
        any(all(any(_meets(claim, each) for claim in single) for each in wanted) for wanted in wider)
        for single in product(*([(key, (value,)) for value in values] for key, values in claims))
    )


_Claim = tuple[str, tuple[str, ...]]
"""A claim, and its values of which any is taken."""


def _meets(claim: _Claim, wanted: _Claim) -> bool:
    """Whether a claim with one value is as wanted."""
    return claim[0] == wanted[0] and any(matches(pattern, claim[1][0]) for pattern in wanted[1])


def _read(name: str) -> tuple[str, tuple[_Claim, ...]]:
    """Issuer and claims of jobs, from their name."""
    issuer, _, told = name.partition(" with ")
    claims = (claim.partition(" ") for claim in told.split(", ") if claim)
    return issuer, tuple((key, tuple(values.split(" or "))) for key, _, values in claims)


def _named(issuer: str, claims: tuple[str, ...]) -> str:
    """Jobs by what they must be; without a claim any job of the forge is meant."""
    return f"{issuer} with {', '.join(claims)}" if claims else issuer
