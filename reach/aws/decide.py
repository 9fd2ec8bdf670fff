"""Whether AWS lets somebody do something (IAM user guide, "Policy evaluation logic", read November 2026).

An explicit denial in any policy wins. Within an account an identity's policies or the resource's own suffice, and a
boundary must allow as well; between accounts both must. Keys and roles answer to nobody whom their own policy does not
name.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from reach.aws.conditions import Context, hold, substituted
from reach.aws.document import Statement
from reach.aws.index import Identity, Index, account_of
from reach.globs import covers, is_pattern, matches, meets
from reach.model import NOTHING, Answer, Facts, Kind, Principal, Target
from reach.step import Step
from reach.truth import Doubt, Truth, both, counts, reason

ROLE = re.compile(r"arn:aws:iam::[^:]*:role/")
MUST_NAME = re.compile(rf"{ROLE.pattern}|arn:aws:kms:[^:]*:[^:]*:key/")
"""How ARNs of resources begin that nobody uses unless their own policy says so (KMS developer guide, "Key policies";
IAM user guide, "Roles terms and concepts"). The trust of a role speaks of actions of STS alone."""

NO = Answer(allowed=False)


class Named(Enum):
    """How a resource's policy names whoever asks; each way goes further than the one before."""

    NOT = 0
    ACCOUNT = 1
    """By his account, which leaves the rest to his own policies."""
    IDENTITY = 2
    """By his ARN; the boundary of a role still counts."""
    DIRECTLY = 3
    """By his session, or as everyone: his own policies and their boundary are not asked."""


@dataclass(frozen=True)
class _Found:
    """A statement that speaks about the request."""

    statement: Statement
    truth: Truth
    named: Named = Named.NOT


@dataclass(frozen=True)
class _Request:
    """One request, with the statements that speak of its action."""

    identity: Identity
    target: Target
    context: Context
    own: tuple[Statement, ...]
    bounds: tuple[Statement, ...] | None
    """None where there is no boundary."""
    guards: tuple[Statement, ...]
    must_name: bool
    """Whether the resource answers to nobody whom its own policy does not name."""


class Decisions:
    """Answers about one capture."""

    def __init__(self, index: Index) -> None:
        """What is asked is answered from this index alone."""
        self._index = index
        self._by_action: dict[tuple[int, str], tuple[Statement, ...]] = {}
        self._lets_in: dict[tuple[str, str], bool] = {}
        # By the identity of a tuple that the index keeps, since hashing whole policies costs more than reading them.

    def may(
        self,
        principal: Principal,
        action: str,
        target: Target,
        facts: Facts = NOTHING,
        *,
        lacks: tuple[str, ...] | None = None,
    ) -> Answer:
        """Whether somebody may do something to a resource.

        `facts` are condition keys of the request, in lower case. `lacks` says that the request was really made, and
        with which beginnings it has no other key: nothing is chosen then, and the name of the resource is no pattern.
        """
        if principal.kind is Kind.POWER and principal.identifier.startswith("arn:"):
            return _of_power(principal, target)
        action = action.lower()
        identity = self._index.identity(principal)
        own = self._speaking_of(identity.policies, action)
        answers_itself = _answers_itself(target, action)
        guards = tuple(entry for entry in self._index.policy_of(target) if answers_itself and _acts(entry, action))
        if not own and not guards and lacks is None:
            return NO
        context = Context(
            facts,
            lacks,
            is_service=principal.kind is Kind.SERVICE,
            knows_tags=bool(target.urn),
            beside=(target.known, identity.facts),
        )
        bounds = None if identity.boundary is None else self._speaking_of(identity.boundary, action)
        must_name = answers_itself and MUST_NAME.match(target.name) is not None
        must_name = must_name and not self._index.leaves_to_account(target)
        request = _Request(identity, target, context, own, bounds=bounds, guards=guards, must_name=must_name)
        guarding = tuple(_guarding(request))
        denying = [
            *_speaking(request, (entry for entry in (*own, *(bounds or ())) if not entry.allows)),
            *(found for found in guarding if not found.statement.allows),
        ]
        grants = _grants(request, [found for found in guarding if found.statement.allows])
        said = f"{principal} may {action} on {target.words}"
        doubts = [f"a denial does not hold: {why}" for each in denying if (why := reason(each.truth))]
        steps = tuple(
            Step(said, found.statement.urn, " and ".join(filter(None, (reason(found.truth), *dict.fromkeys(doubts)))))
            for found in grants
        )
        refusals = tuple(
            Step(f"{principal} is denied {action}", found.statement.urn)
            for found in denying
            if counts(found.truth, in_denial=True)
        )
        sure = any(not step.perhaps for step in steps)
        return Answer(bool(steps) and not refusals, steps, refusals, "" if sure or not steps else steps[0].perhaps)

    def speaks(self, principal: Principal, *actions: str) -> bool:
        """Whether somebody's own policies speak of one of the actions; most do not, which ends most questions."""
        policies = self._index.identity(principal).policies
        return any(self._speaking_of(policies, action.lower()) for action in actions)

    def lets_in(self, target: Target, action: str = "") -> bool:
        """Whether a resource's own policy lets a principal in, so that one's own policies need not speak of it.

        Services and federated identities are asked for by themselves. An action narrows the question.
        """
        if action and not _answers_itself(target, action):
            return False
        key = (target.name, action)
        if key not in self._lets_in:
            self._lets_in[key] = any(
                entry.allows and _names_principals(entry) and (not action or _acts(entry, action.lower()))
                for entry in self._index.policy_of(target)
            )
        return self._lets_in[key]

    def _speaking_of(self, policies: tuple[Statement, ...], action: str) -> tuple[Statement, ...]:
        """The statements that speak of an action."""
        key = (id(policies), action)
        found = self._by_action.get(key)
        if found is None:
            found = tuple(entry for entry in policies if _acts(entry, action))
            self._by_action[key] = found
        return found


def _of_power(principal: Principal, target: Target) -> Answer:
    """Who rewrites the policy of a thing may do everything to it, and to what is in it."""
    held = target.name == principal.identifier or target.name.startswith(f"{principal.identifier}/")
    step = Step(f"{principal} is everything that can be done to it", principal.urn)
    return Answer(allowed=True, grants=(step,)) if held else NO


def _answers_itself(target: Target, action: str) -> bool:
    """Whether a resource's own policy speaks of an action: the trust of a role does of those of STS alone."""
    return not ROLE.match(target.name) or action.startswith("sts:")


def _names_principals(statement: Statement) -> bool:
    return bool(statement.not_principals) or any(
        kind not in ("Service", "Federated") for kind, _ in statement.principals
    )


def _acts(statement: Statement, action: str) -> bool:
    if statement.not_actions:
        return not any(matches(pattern, action) for pattern in statement.not_actions)
    return any(matches(pattern, action) for pattern in statement.actions)


def _grants(request: _Request, by_resource: list[_Found]) -> list[_Found]:
    """What allows it, after the rules about accounts and boundaries."""
    identity, target = request.identity, request.target
    by_identity = list(_speaking(request, (entry for entry in request.own if entry.allows)))
    limits = (
        None
        if request.bounds is None
        else list(_speaking(request, (entry for entry in request.bounds if entry.allows)))
    )
    if limits is not None:
        by_identity = _bounded(by_identity, limits)
    # A service is asked as if it were of the account, since accounts trust services one by one.
    is_own = not identity.account or not target.account or identity.account == target.account
    if not is_own:
        return _bounded(by_identity, by_resource)
    if request.must_name:
        by_identity = _bounded(by_identity, by_resource)
    direct = [found for found in by_resource if found.named is Named.DIRECTLY]
    by_name = [found for found in by_resource if found.named is Named.IDENTITY]
    if limits is not None and not identity.is_user:
        by_name = _bounded(by_name, limits)
    return [*by_identity, *direct, *by_name]


def _speaking(request: _Request, statements: Iterable[Statement]) -> Iterator[_Found]:
    """The statements that are about the request, or may be."""
    for entry in statements:
        truth = _fits(entry, request)
        if truth is not False:
            yield _Found(entry, truth)


def _guarding(request: _Request) -> Iterator[_Found]:
    """What the resource's own policy says of whoever asks. A trust names no resource: it is about its role."""
    for entry in request.guards:
        named = _named(entry, request.identity)
        if named is not Named.NOT and (truth := _fits(entry, request)) is not False:
            yield _Found(entry, truth, named)


def _fits(statement: Statement, request: _Request) -> Truth:
    """Whether a statement is about the resource, and its conditions hold."""
    about = _is_about(statement, request)
    return about if about is False else both((about, hold(statement.conditions, request.context)))


def _is_about(statement: Statement, request: _Request) -> Truth:
    """Whether a statement is about a resource: a grant about some of what is meant, a denial about all of it."""
    if not (statement.resources or statement.not_resources):
        return bool(statement.principals or statement.not_principals)
    target = request.target
    if request.context.lacks is not None:
        return _is_about_name(statement, target.name, request.context)
    if statement.not_resources:
        test = covers if statement.allows else meets
        return not any(test(pattern, target.name) for pattern in statement.not_resources)
    test = meets if statement.allows else covers
    if any(test(pattern, target.name) for pattern in statement.resource_patterns):
        return True
    if not is_pattern(target.name):
        return target.name in statement.single_resources
    return any(test(name, target.name) for name in statement.single_resources)


def _is_about_name(statement: Statement, name: str, context: Context) -> Truth:
    """The same of a request that was really made, whose resource has one name."""
    patterns = substituted(statement.not_resources or statement.resources, context)
    if isinstance(patterns, Doubt):
        return patterns
    return any(matches(pattern, name) for pattern in patterns) is not bool(statement.not_resources)


def _named(statement: Statement, identity: Identity) -> Named:
    if statement.not_principals:
        if identity.boundary is not None and not statement.allows:
            # "Will always deny any IAM principal that has a permissions boundary policy attached" (IAM user guide).
            return Named.DIRECTLY
        listed = any(_is_named(kind, name, identity) is not Named.NOT for kind, name in statement.not_principals)
        return Named.NOT if listed else Named.DIRECTLY
    ways = [_is_named(kind, name, identity) for kind, name in statement.principals]
    return max(ways, key=lambda way: way.value, default=Named.NOT)


def _is_named(kind: str, name: str, identity: Identity) -> Named:
    if (kind, name) == ("*", "*"):
        return Named.DIRECTLY
    if kind in ("Service", "Federated"):
        return Named.DIRECTLY if name == identity.arn else Named.NOT
    if kind != "AWS" or not identity.arn:
        return Named.NOT
    if name == identity.arn:
        return Named.IDENTITY
    if ":assumed-role/" in name and name.split("/")[1] == identity.arn.rpartition("/")[2]:
        return Named.DIRECTLY if account_of(name) == identity.account else Named.NOT
    is_account = name == identity.account or name == f"arn:aws:iam::{identity.account}:root"
    return Named.ACCOUNT if is_account and identity.account else Named.NOT


def _bounded(grants: list[_Found], limits: list[_Found]) -> list[_Found]:
    """Grants within a boundary: its best doubt is added to theirs."""
    if not limits:
        return []
    if any(not reason(limit.truth) for limit in limits):
        return grants
    return [_Found(grant.statement, both((grant.truth, limits[0].truth)), grant.named) for grant in grants]
