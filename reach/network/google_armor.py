"""Cloud Armor: policies as rules in their order."""

import re
from collections.abc import Mapping

from capture import Registration, Value
from reach.network.ranges import ranges
from reach.network.reading import number
from reach.network.references import References
from reach.network.rules import ANYBODY, Rule, Selector, in_order
from reach.values import block, records, text

POLICY = "gcp:compute/securityPolicy:SecurityPolicy"
POLICY_RULE = "gcp:compute/securityPolicyRule:SecurityPolicyRule"

BEHIND_ALL = 2147483648
"""After the last priority that a rule may have."""
PASSING = ("allow", "throttle", "rate_based_ban")
"""Actions that let a request through, the last two until there are too many."""
BY_RANGE = re.compile(r"inIpRange\(\s*origin\.ip\s*,\s*['\"]([0-9a-fA-F.:/]+)['\"]\s*\)")

TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")
NOT_CHOSEN = re.compile(r"\b(?:origin|token)\.|\bevaluate\w+\(|\binIpRange\(")
"""What an expression asks beside the request itself, which whoever asks writes as he likes (Cloud Armor docs, "Custom
rules language reference": attributes and functions)."""


def armor(references: References, policy: Registration) -> tuple[Rule, ...]:
    """The rules of a policy; the first that fits decides, and a rule in preview decides nothing (Cloud Armor docs)."""
    written = [(policy, "rules", record) for record in records(policy.inputs.get("rules"))]
    written += [
        (entry, "match", entry.inputs)
        for entry in references.of_type(POLICY_RULE)
        if policy in references.named(entry, "securityPolicy", POLICY)
    ]
    found = [
        _rule(references, policy, entry, key, record)
        for entry, key, record in written
        if record.get("preview") is not True and not _is_passed_by(record)
    ]
    words = f"policy {policy.name} allows what no rule names"
    if policy.inputs.get("rules") is None or isinstance(policy.inputs.get("rules"), tuple):
        found.append(Rule(policy.urn, words, allows=True, selector=ANYBODY, priority=BEHIND_ALL))
    else:
        found.append(
            Rule(policy.urn, words, allows=True, selector=ANYBODY, perhaps="its rules, still unknown, allow it")
        )
    return in_order(found)


def _rule(
    references: References, policy: Registration, entry: Registration, key: str, record: Mapping[str, Value]
) -> Rule:
    action, priority = text(record.get("action")), int(number(record.get("priority")))
    allows = action in PASSING or not action.startswith("deny")
    match = block(record.get("match"))
    expression = text(block(match.get("expr")).get("expression"))
    doubt = "" if action in PASSING or action.startswith("deny") else f"what {action} leads to answers it"
    if expression:
        selector, unread = _expression(expression)
        doubt = doubt or unread
    else:
        listed = block(match.get("config")).get("srcIpRanges")
        values = listed if isinstance(listed, tuple) else (listed,)
        selector = references.selector(entry, key, values)
    verb = "allows" if allows else "denies"
    return Rule(
        entry.urn,
        f"Cloud Armor rule {priority} of {policy.name} {verb}",
        allows,
        selector,
        priority=priority,
        perhaps=doubt,
    )


def _is_passed_by(record: Mapping[str, Value]) -> bool:
    """Whether a denial is about what is asked for alone, such as a path; others may be asked for, so no door closes."""
    expression = text(block(block(record.get("match")).get("expr")).get("expression"))
    return text(record.get("action")).startswith("deny") and _is_chosen(expression)


def _is_chosen(expression: str) -> bool:
    return bool(expression) and not NOT_CHOSEN.search(TEXT.sub("", expression))


def _expression(expression: str) -> tuple[Selector, str]:
    """Ranges joined by "or" are read; of anything else it is told that it is not."""
    parts = [part.strip() for part in expression.split("||")]
    found = [BY_RANGE.fullmatch(part) for part in parts]
    if all(found):
        return Selector(ranges(match[1] for match in found if match)), ""
    return ANYBODY, f"the request meets {expression}"
