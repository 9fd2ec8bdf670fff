"""Asks a recorded policy of Cloud Armor at the edge, as Google documents its rules and its language.

Google, "Configure custom rules language attributes": the first rule by priority that matches decides; `urlDecode()`
replaces `%##`, makes a space of "+" and leaves invalid encodings as they are; `matches` looks for an RE2 expression
anywhere. What is not of the one form that is registered is refused here.
"""

import re
from collections.abc import Mapping

from capture import Capture, Registration, Value
from policies.values import items, mapping, records, text

SUBEXPRESSION = r"request\.path\.urlDecode\(\)\.matches\(r'([^']+)'\)"
NOT = "!"


def denied_at_the_edge(capture: Capture, backend: Registration, path: str) -> int | None:
    """The status with which a backend's policy at the edge answers; None where it lets the request in."""
    if not (link := text(backend.inputs.get("edgeSecurityPolicy"))):
        return None
    policy = next(entry for entry in capture.of_type("gcp:compute/securityPolicy:SecurityPolicy") if is_at(entry, link))
    assert policy.inputs["type"] == "CLOUD_ARMOR_EDGE"
    rules = sorted(records(policy.inputs["rules"]), key=lambda rule: int(str(rule["priority"])))
    action = next(text(rule["action"]) for rule in rules if _matches(mapping(rule["match"]), path))
    if action == "allow":
        return None
    status = re.fullmatch(r"deny\((403|404|502)\)", action)
    assert status is not None, f"no action of an edge policy: {action}"
    return int(status[1])


def is_at(entry: Registration, link: str) -> bool:
    return link.split("/")[-2:] == [entry.kind, entry.inputs.get("name")]


def subexpressions(expression: str) -> list[str]:
    """The regular expressions of a rule, any of which may match."""
    parts = re.findall(SUBEXPRESSION, expression)
    rebuilt = " || ".join(f"request.path.urlDecode().matches(r'{part}')" for part in parts)
    assert expression == rebuilt, "an expression that this evaluator does not know"
    return parts


def url_decode(path: str) -> str:
    return re.sub("%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), path.replace("+", " "))


def matches(expression: str, path: str) -> bool:
    """Whether a rule's expression is true for the path of a request, as the client spelt it."""
    if expression.startswith(NOT):
        assert len(subexpressions(expression.removeprefix(NOT))) == 1
        return not matches(expression.removeprefix(NOT), path)
    decoded = url_decode(path)
    # In RE2, "$" is the very end, and Python's would pass a line feed before it.
    patterns = (re.sub(r"\$$", r"\\Z", part) for part in subexpressions(expression))
    return any(re.search(each, decoded) for each in patterns)


def _matches(match: Mapping[str, Value], path: str) -> bool:
    if match.get("versionedExpr") == "SRC_IPS_V1":
        assert items(mapping(match["config"])["srcIpRanges"]) == ("*",)
        return True
    return matches(text(mapping(match["expr"])["expression"]), path)
