"""Conditions of AWS (IAM user guide, "IAM JSON policy elements: Condition operators", read November 2026)."""

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from reach.aws.document import Condition
from reach.globs import matches
from reach.model import Facts
from reach.truth import CHOICE, Doubt, Truth, both

CHOSEN = (
    *("aws:requestedregion", "aws:securetransport", "aws:requesttag/", "aws:tagkeys", "aws:useragent", "aws:referer"),
    *("s3:prefix", "s3:delimiter", "s3:max-keys", "s3:x-amz-", "s3:versionid", "s3:tlsversion", "s3:signatureversion"),
    *("iam:passedtoservice", "iam:policyarn", "iam:awsservicename", "iam:associatedresourcearn"),
    *("ec2:createaction", "ec2:osuser", "ec2:instancetype", "ec2:region", "ec2:attribute", "ec2:volumesize"),
    *("cloudwatch:namespace", "kms:encryptioncontext", "kms:grantoperations", "sts:rolesessionname"),
    *("sts:externalid", "sts:sourceidentity", "sns:protocol", "sns:endpoint", "ssm:sessiondocumentaccesscheck"),
    *(
        "accounts.google.com:oaud",
        "secretsmanager:versionstage",
        "secretsmanager:versionid",
        "secretsmanager:name",
        "ssm:overwrite",
    ),
)
"""Beginnings of keys that whoever asks sets himself (service authorisation reference, and "AWS global condition context
keys" of the IAM user guide). An external id is no secret: "it is not treated as one" (IAM user guide)."""

OF_SERVICES = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")
"""Keys that only a call of a service on somebody's behalf carries; a principal's own call lacks them."""

ALL_ELSE = ("",)
"""What a request lacks of which every key is known: all keys begin so."""

VARIABLE = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True)
class Context:
    """What is known about a request."""

    facts: Facts = field(default_factory=dict[str, tuple[str, ...]])
    lacks: tuple[str, ...] | None = None
    """Of a request that was really made, the beginnings of keys that it lacks; None where nobody has made it yet, and
    whoever would may choose."""
    is_service: bool = False
    """Whether a service asks."""
    knows_tags: bool = False
    """Whether the facts hold every tag of the resource."""
    beside: tuple[Facts, ...] = ()
    """Facts of the resource and of whoever asks, for keys of which the request itself says nothing."""

    def values(self, key: str) -> tuple[str, ...] | Doubt | None:
        """The values of a key in lower case; None where the request lacks it."""
        for facts in (self.facts, *self.beside):
            if key in facts:
                return facts[key] or None
        if self.lacks is not None and key.startswith(self.lacks):
            return None
        if key.startswith(OF_SERVICES) and not self.is_service:
            return None
        if ":resourcetag/" in key and self.knows_tags:
            return None
        return CHOICE if self.lacks is None and key.startswith(CHOSEN) else Doubt(f"{key} is not known")


def hold(conditions: Iterable[Condition], context: Context) -> Truth:
    """Whether all conditions of a statement hold."""
    return both(holds(condition, context) for condition in conditions)


def holds(condition: Condition, context: Context) -> Truth:
    """Whether one condition holds; a doubt where its operator, its key or a variable in it is not understood."""
    quantifier, _, operator = condition.operator.rpartition(":")
    values = context.values(condition.key)
    if operator == "Null":
        wanted = condition.values[:1] == ("true",)
        return values if isinstance(values, Doubt) else (values is None) is wanted
    if_exists = operator.endswith("IfExists")
    test = OPERATORS.get(operator.removesuffix("IfExists"))
    if test is None or quantifier not in ("", "ForAllValues", "ForAnyValue"):
        return Doubt(f"the operator {condition.operator} is not understood")
    if isinstance(values, Doubt):
        return Doubt(f"{condition}") if values.reason else values
    is_negative = "Not" in operator
    if values is None:
        # ForAnyValue wants a value, whatever stands behind it.
        return quantifier == "ForAllValues" or (quantifier == "" and (if_exists or is_negative))
    wanted = substituted(condition.values, context) if condition.has_variables else condition.values
    if isinstance(wanted, Doubt):
        return wanted
    try:
        return _compared(test, values, wanted, quantifier, is_negative=is_negative)
    except ValueError:
        return Doubt(f"{condition} cannot be read")


def _compared(
    test: Callable[[str, str], bool],
    values: Iterable[str],
    wanted: tuple[str, ...],
    quantifier: str,
    *,
    is_negative: bool,
) -> bool:
    """A negative operator holds for a value that is like none of those wanted, a positive one for one like any."""
    # A manager's policy names hundreds of groups, each of which is asked about: Python finds a text faster than we do.
    each = [
        (value in wanted if test is _equal else any(test(value, pattern) for pattern in wanted)) is not is_negative
        for value in values
    ]
    # Without a quantifier a request has one value; where it has more, a denial must not be lost.
    return all(each) if quantifier == "ForAllValues" or (is_negative and not quantifier) else any(each)


def substituted(wanted: tuple[str, ...], context: Context) -> tuple[str, ...] | Doubt:
    """Texts with their variables replaced by what the request says; a doubt where one is not known."""
    found: list[str] = []
    for pattern in wanted:
        unknown = ""

        def value(match: re.Match[str]) -> str:
            nonlocal unknown
            name, _, default = match[1].partition(",")
            if name == "$":
                return name
            known = context.values(name.strip().lower())
            if isinstance(known, tuple):
                return known[0]
            if known is None and default:
                return default.strip().strip("'")
            unknown = match[0]
            return ""

        replaced = VARIABLE.sub(value, pattern)
        if unknown:
            return Doubt(f"{unknown} is not known")
        found.append(replaced)
    return tuple(found)


def _numbers(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda value, wanted: compare(float(value), float(wanted))


def _dates(compare: Callable[[datetime, datetime], bool]) -> Callable[[str, str], bool]:
    return lambda value, wanted: compare(_date(value), _date(wanted))


def _date(value: str) -> datetime:
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return datetime.fromtimestamp(float(value), UTC)
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _address(value: str, wanted: str) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)


def _arn(value: str, wanted: str) -> bool:
    """Each of the six parts is compared by itself, so that a star takes no colon."""
    values, patterns = value.split(":", 5), wanted.split(":", 5)
    if len(values) != len(patterns):
        return wanted == "*"
    return all(matches(pattern, part) for pattern, part in zip(patterns, values, strict=True))


def _equal(value: str, wanted: str) -> bool:
    return value == wanted


def _equal_without_case(value: str, wanted: str) -> bool:
    return value.lower() == wanted.lower()


def _like(value: str, wanted: str) -> bool:
    return matches(wanted, value)


Test = Callable[[str, str], bool]
"""Compares a value of the request with one that is wanted."""

OPERATORS: dict[str, Test] = {
    "StringEquals": _equal,
    "StringNotEquals": _equal,
    "StringEqualsIgnoreCase": _equal_without_case,
    "StringNotEqualsIgnoreCase": _equal_without_case,
    "StringLike": _like,
    "StringNotLike": _like,
    "NumericEquals": _numbers(lambda value, wanted: value == wanted),
    "NumericNotEquals": _numbers(lambda value, wanted: value == wanted),
    "NumericLessThan": _numbers(lambda value, wanted: value < wanted),
    "NumericLessThanEquals": _numbers(lambda value, wanted: value <= wanted),
    "NumericGreaterThan": _numbers(lambda value, wanted: value > wanted),
    "NumericGreaterThanEquals": _numbers(lambda value, wanted: value >= wanted),
    "DateEquals": _dates(lambda value, wanted: value == wanted),
    "DateNotEquals": _dates(lambda value, wanted: value == wanted),
    "DateLessThan": _dates(lambda value, wanted: value < wanted),
    "DateLessThanEquals": _dates(lambda value, wanted: value <= wanted),
    "DateGreaterThan": _dates(lambda value, wanted: value > wanted),
    "DateGreaterThanEquals": _dates(lambda value, wanted: value >= wanted),
    "Bool": _equal_without_case,
    "BinaryEquals": _equal,
    "IpAddress": _address,
    "NotIpAddress": _address,
    "ArnEquals": _arn,
    "ArnLike": _arn,
    "ArnNotEquals": _arn,
    "ArnNotLike": _arn,
}
"""What compares for each; the negative ones turn its answer round. ArnEquals and ArnLike "behave identically" (the same
page)."""
