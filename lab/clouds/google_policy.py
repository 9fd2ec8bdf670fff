"""What Google would decide about a request by the registered grants on projects, for the conditions that we write.

A condition of another form than these raises, so that none is passed over in a test.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from capture import Capture, Registration
from capture.registration import Value

GRANTED_ROLES = "iam.googleapis.com/modifiedGrantsByRole"
EMPTY = "a resource of which conditions see nothing"


@dataclass(frozen=True)
class Asked:
    """What a request is about. Service accounts and most others show conditions neither type nor name."""

    project: str
    type: str = EMPTY
    name: str = EMPTY
    attributes: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Attributes of the call, such as the roles that it grants or takes away."""


def roles_of(capture: Capture, member: str, asked: Asked) -> Iterator[str]:
    """Names of the roles on the project that hold for the request."""
    for grant in capture.of_type("gcp:projects/iAMMember:IAMMember"):
        condition: Any = grant.inputs.get("condition")
        if (grant.inputs["member"], grant.inputs["project"]) == (member, asked.project) and (
            not condition or holds(str(condition["expression"]), asked)
        ):
            yield str(grant.inputs["role"])


def custom_permissions(capture: Capture) -> dict[str, frozenset[str]]:
    """Permissions of the registered custom roles, by full name."""
    return {
        f"projects/{_project(capture, role)}/roles/{role.inputs['roleId']}": frozenset(
            str(name) for name in cast("tuple[Value, ...]", role.inputs["permissions"])
        )
        for role in capture.of_type("gcp:projects/iAMCustomRole:IAMCustomRole")
    }


def holds(expression: str, asked: Asked) -> bool:
    """Whether a condition holds. Raises NotImplementedError for a form that is not known here."""
    return any(
        all(_clause(part.strip(), asked) for part in _unwrapped(alternative).split(" && "))
        for alternative in expression.split(" || ")
    )


def _unwrapped(text: str) -> str:
    """An alternative without the brackets around it; those of calls stay."""
    return text.removeprefix("(").removesuffix(")") if text.startswith("(") else text


def _clause(text: str, asked: Asked) -> bool:
    text = text.replace("'", '"')
    if found := re.fullmatch(r'resource\.(type|name) (==|!=) "([^"]+)"', text):
        return (getattr(asked, found[1]) == found[3]) is (found[2] == "==")
    if found := re.fullmatch(r'resource\.name\.startsWith\("([^"]+)"\)', text):
        return asked.name.startswith(found[1])
    if found := re.fullmatch(r'resource\.name\.extract\("([^"{]+)\{name\}"\)\.startsWith\("([^"]+)"\)', text):
        _, mark, rest = asked.name.partition(found[1])
        return bool(mark) and rest.startswith(found[2])
    if found := re.fullmatch(rf'api\.getAttribute\("{GRANTED_ROLES}", \[\]\)\.hasOnly\(\[(.*)\]\)', text):
        return asked.attributes.get(GRANTED_ROLES, frozenset()) <= set(re.findall(r'"([^"]+)"', found[1]))
    raise NotImplementedError(text)


def _project(capture: Capture, entry: Registration) -> str:
    return str(entry.inputs.get("project") or capture.by_urn[entry.provider].inputs["project"])
