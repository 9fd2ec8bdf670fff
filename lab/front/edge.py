"""Asks a registered policy of Cloud Armor at the edge, as Google documents its rules and its language.

Google, "Configure custom rules language attributes": the first rule by priority that matches decides; `urlDecode()`
replaces `%##`, makes a space of "+" and leaves invalid encodings as they are; `matches` looks for an RE2 expression
anywhere. What is not of the one form that is registered is refused here.
"""

import re
from collections.abc import Mapping

from capture import Capture, Registration, Value
from lab.errors import LabError
from reach.values import block, records, text, texts

POLICY = "gcp:compute/securityPolicy:SecurityPolicy"
SUBEXPRESSION = r"request\.path\.urlDecode\(\)\.matches\(r'([^']+)'\)"
NOT = "!"


def denied_at_the_edge(capture: Capture, backend: Registration, path: str) -> int | None:
    """The status with which a backend's policy at the edge answers; None where it lets the request in.

    Raises LabError for a policy that cannot be followed.
    """
    if not (link := text(backend.inputs.get("edgeSecurityPolicy"))):
        return None
    policy = next((entry for entry in capture.of_type(POLICY) if _is_at(entry, link)), None)
    if policy is None or policy.inputs.get("type") != "CLOUD_ARMOR_EDGE":
        raise LabError(f"{link} is no policy for the edge")
    rules = sorted(records(policy.inputs["rules"]), key=lambda rule: int(str(rule["priority"])))
    action = next((text(rule["action"]) for rule in rules if _matches(block(rule["match"]), path)), "allow")
    if action == "allow":
        return None
    status = re.fullmatch(r"deny\((403|404|502)\)", action)
    if status is None:
        raise LabError(f"{policy.name} has {action!r}, which is no action of a policy at the edge")
    return int(status[1])


def matches(expression: str, path: str) -> bool:
    """Whether a rule's expression is true for the path of a request, as the client spelt it. Raises LabError."""
    if expression.startswith(NOT):
        if len(_subexpressions(expression.removeprefix(NOT))) != 1:
            raise LabError(f"the lab cannot follow {expression!r}: it denies more than one comparison")
        return not matches(expression.removeprefix(NOT), path)
    decoded = _url_decode(path)
    # In RE2, "$" is the very end, and Python's would pass a line feed before it.
    patterns = (re.sub(r"\$$", r"\\Z", part) for part in _subexpressions(expression))
    return any(re.search(each, decoded) for each in patterns)


def _is_at(entry: Registration, link: str) -> bool:
    return link.split("/")[-2:] == [entry.kind, entry.inputs.get("name")]


def _subexpressions(expression: str) -> list[str]:
    """The regular expressions of a rule, any of which may match."""
    parts = re.findall(SUBEXPRESSION, expression)
    if expression != " || ".join(f"request.path.urlDecode().matches(r'{part}')" for part in parts):
        raise LabError(f"the lab cannot follow the expression {expression!r}. HINT: teach lab/front/edge.py")
    return parts


def _url_decode(path: str) -> str:
    return re.sub("%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), path.replace("+", " "))


def _matches(match: Mapping[str, Value], path: str) -> bool:
    if match.get("versionedExpr") == "SRC_IPS_V1":
        if texts(block(match["config"]).get("srcIpRanges")) != ("*",):
            raise LabError("the lab follows a policy at the edge by its paths alone, and this one names addresses")
        return True
    return matches(text(block(match["expr"])["expression"]), path)
