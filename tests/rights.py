"""What one policy document lets through and refuses, as reach decides of somebody who has this one alone."""

from collections.abc import Mapping
from functools import lru_cache

from capture import Value
from reach.answers import Reach
from reach.aws.conditions import ALL_ELSE
from reach.model import Answer, Request, Target
from tests.reach.building import ACCOUNT, Building

TLS = {"aws:SecureTransport": "true"}


def allows(policy: Value, action: str, resource: str, request: Mapping[str, str] = TLS) -> bool:
    """Whether the policy grants a request and refuses nothing of it; `request` holds all of its condition keys.

    Of a resource's policy, whom its statements name does not count.
    """
    return _decided(policy, action, resource, request).is_sure


def denies(policy: Value, action: str, resource: str, request: Mapping[str, str]) -> bool:
    """Whether the policy refuses a request whatever else allows it."""
    return bool(_decided(policy, action, resource, request).denials)


def _decided(policy: Value, action: str, resource: str, request: Mapping[str, str]) -> Answer:
    assert isinstance(policy, str), "the policy is not known"
    reach, arn = _of(policy)
    facts = {key.lower(): (value,) for key, value in request.items()}
    target = Target(resource, "aws", resource, account=ACCOUNT)
    answer = reach.decide(Request((reach.principal(arn),), action, target, facts, ALL_ELSE))
    assert not answer.doubt, f"the condition is not understood: {answer.doubt}"
    return answer


@lru_cache(maxsize=64)
def _of(policy: str) -> tuple[Reach, str]:
    building = Building()
    arn = building.role("asker")
    building.add("aws:iam/rolePolicy:RolePolicy", "asker-own", role="asker", policy=policy)
    return Reach(building.capture()), arn
