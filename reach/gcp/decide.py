"""Whether GCP lets somebody do something (IAM documentation, "IAM overview", policy inheritance, read November 2026).

Grants add up: on the thing itself and on all that it lies in. There are no denials but in deny policies, which the
program does not have and the index tells.
"""

from collections.abc import Iterator, Mapping

from reach.gcp.conditions import Anything, Context, Result, attributes_of, holds
from reach.gcp.index import Grant, Index
from reach.model import NOTHING, Answer, Facts, Kind, Principal, Target
from reach.step import Step
from reach.truth import counts, reason

NOTHING_SEEN = "what conditions see nothing of"
"""Stands for name and type of a resource that shows none to conditions, so that it equals nothing that is written."""

NO = Answer(allowed=False)

ANYBODY = ("allUsers", "allAuthenticatedUsers")


class Decisions:
    """Answers about one capture."""

    def __init__(self, index: Index) -> None:
        """What is asked is answered from this index alone."""
        self._index = index
        self._by_principal: dict[str, tuple[Grant, ...]] = {}
        self._by_permission: dict[tuple[str, str], tuple[Grant, ...]] = {}

    def may(
        self, principal: Principal, permission: str, target: Target, facts: Facts = NOTHING, *, is_made: bool = False
    ) -> Answer:
        """Whether somebody may do something to a resource.

        `facts` are attributes of the call. `is_made` says that it was really made: it has no other attributes, and the
        name of the resource is no pattern.
        """
        granted = [
            grant
            for grant in self._with(principal, permission)
            if grant.scope == "above" or grant.scope in target.scopes
        ]
        if not granted:
            return NO
        context = context_of(target, permission, attributes_of(facts), is_made=is_made)
        steps: list[Step] = []
        for grant in granted:
            truth = holds(grant.condition, context)
            if counts(truth):
                steps.append(Step(f"{principal} may {permission} on {target.words}", grant.urn, reason(truth)))
        sure = any(not step.perhaps for step in steps)
        return Answer(bool(steps), tuple(steps), doubt="" if sure or not steps else steps[0].perhaps)

    def has(self, principal: Principal, *permissions: str) -> bool:
        """Whether somebody has one of the permissions anywhere; most have none, which ends most questions."""
        return any(self._with(principal, permission) for permission in permissions)

    def _with(self, principal: Principal, permission: str) -> tuple[Grant, ...]:
        """The grants of a principal that have a permission."""
        name = principal.identifier or str(principal)
        found = self._by_permission.get((name, permission))
        if found is None:
            if name not in self._by_principal:
                self._by_principal[name] = tuple(_held(self._index, principal))
            held = self._by_principal[name]
            found = tuple(grant for grant in held if self._index.role_has(grant.role, permission))
            self._by_permission[name, permission] = found
        return found


def context_of(target: Target, permission: str, attributes: Mapping[str, Result], *, is_made: bool = False) -> Context:
    """What conditions see of a request."""
    name: Result = Anything(target.name[:-1]) if target.name.endswith("*") and not is_made else target.name
    seen = bool(target.type)
    values: dict[str, Result] = {
        "resource.name": name if seen else NOTHING_SEEN,
        "resource.type": target.type if seen else NOTHING_SEEN,
        "resource.service": target.type.partition("/")[0] if seen else NOTHING_SEEN,
    }
    return Context(values, attributes, permission, is_made=is_made)


def _held(index: Index, principal: Principal) -> Iterator[Grant]:
    """Every grant that counts for a principal."""
    if principal.kind in (Kind.POWER, Kind.ADMINISTRATOR):
        # "<role> on <scope>", both without blanks.
        role, _, scope = principal.identifier.partition(" on ")
        if scope:
            yield Grant(str(principal), role, scope, "", principal.urn)
        return
    for member in (principal.identifier, *ANYBODY):
        yield from index.by_member.get(member, ())
    if principal.kind is Kind.FEDERATED:
        pool = principal.identifier.partition("/workloadIdentityPools/")
        yield from index.by_member.get(f"{''.join(pool[:2])}{pool[2].partition('/')[0]}/*", ())
