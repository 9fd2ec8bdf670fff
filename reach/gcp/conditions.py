"""Conditions of GCP (IAM documentation, "Attribute reference for IAM Conditions", read November 2026)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reach.gcp.syntax import Call, ExpressionError, Listed, Literal, Name, Negation, Node, Operation, parsed
from reach.model import Facts
from reach.truth import CHOICE, Doubt, Truth, both, either, negated

GRANTED_ROLES = "iam.googleapis.com/modifiedGrantsByRole"
LIST_PREFIX = "storage.googleapis.com/objectListPrefix"

CARRIED_BY: Mapping[str, str] = {GRANTED_ROLES: ".setIamPolicy", LIST_PREFIX: "storage.objects.list"}
"""Attributes of a call that whoever calls sets, and the end of the permissions whose calls have them."""

SECRET = re.compile(r"^projects/[^/]+/secrets/")
"""Conditions see a project's number there, which nobody knows before the project exists."""


def attributes_of(facts: Facts) -> dict[str, "Result"]:
    """Attributes of a call as expressions see them: granted roles are a list, all others a text."""
    return {name: values if name == GRANTED_ROLES else "".join(values) for name, values in facts.items()}


class Error:
    """What an expression comes to that asks for what is not there; such a condition does not hold."""


@dataclass(frozen=True)
class Anything:
    """A name that may go on with anything, such as that of some object of a bucket."""

    start: str


Known = str | float | bool | None | tuple["Result", ...] | Anything
Result = Known | Doubt | Error

ERROR = Error()


@dataclass(frozen=True)
class Context:
    """What is known about a request, by dotted name."""

    values: Mapping[str, Result] = field(default_factory=dict[str, Result])
    attributes: Mapping[str, Result] = field(default_factory=dict[str, Result])
    """Attributes of the call, such as the roles that it grants."""
    permission: str = ""
    whole: tuple[str, ...] = ()
    """First words of names of which every one is known, so that one without a value is not there."""
    is_made: bool = False
    """Whether the call was really made, so that it has the attributes that are known and no others."""

    def value(self, path: str) -> Result:
        """The value of a name; a doubt where it is not known, an error where it is not there."""
        if path in self.values:
            return self.values[path]
        if path.partition(".")[0] in self.whole:
            return ERROR
        return Doubt(f"{path} is not known")

    def attribute(self, name: str, otherwise: Result) -> Result:
        """An attribute of the call."""
        if name in self.attributes:
            return self.attributes[name]
        end = CARRIED_BY.get(name)
        if end is None:
            return Doubt(f"{name} is not known")
        return CHOICE if self.permission.endswith(end) and not self.is_made else otherwise


def holds(expression: str, context: Context) -> Truth:
    """Whether a condition holds; a doubt where it is not understood."""
    if not expression:
        return True
    try:
        found = evaluate(parsed(expression), context)
    except ExpressionError as error:
        return Doubt(f"the condition cannot be read: {error}")
    return _truth(found, expression)


def evaluate(node: Node, context: Context) -> Result:
    """What an expression comes to."""
    match node:
        case Literal(value):
            return value
        case Listed(items):
            return tuple(evaluate(item, context) for item in items)
        case Name(path):
            return context.value(path)
        case Negation(of):
            found = evaluate(of, context)
            return found if isinstance(found, Error) else negated(_truth(found, "a value that is not known"))
        case Operation("&&" | "||" as operator, left, right):
            return _logical(operator, evaluate(left, context), evaluate(right, context))
        case Operation(operator, left, right):
            return _compared(operator, evaluate(left, context), evaluate(right, context))
        case Call(name, arguments):
            return _called(name, arguments, context)


def _truth(found: Result, said: str) -> Truth:
    match found:
        case bool() | Doubt():
            return found
        case Error():
            return False
        case _:
            return Doubt(f"{said} is no condition")


def _logical(operator: str, left: Result, right: Result) -> Result:
    """An error gives way to a side that decides alone."""
    decides = operator == "||"
    if left is decides or right is decides:
        return decides
    if isinstance(left, Error) or isinstance(right, Error):
        return ERROR
    sides = (_truth(left, "a side of it"), _truth(right, "a side of it"))
    return either(sides) if decides else both(sides)


def _joined(left: Result, right: Result) -> Result:
    """Two texts as one; of what is not known its beginning stays."""
    if isinstance(left, Error) or isinstance(right, Error):
        return ERROR
    start = left.start if isinstance(left, Anything) else left
    if not isinstance(start, str):
        return Doubt("a sum is not known")
    if isinstance(left, Anything) or isinstance(right, Doubt):
        return Anything(start)
    if isinstance(right, Anything):
        return Anything(start + right.start)
    return start + right if isinstance(right, str) else Doubt("a sum is not known")


def _compared(operator: str, left: Result, right: Result) -> Result:
    if operator == "+":
        return _joined(left, right)
    for side in (left, right):
        if isinstance(side, Error):
            return ERROR
    for side in (left, right):
        if isinstance(side, Doubt):
            return side
    match operator:
        case "==":
            return _same(left, right)
        case "!=":
            return negated(_same(left, right))
        case "in":
            return _among(left, right)
        case _:
            return _ordered(operator, left, right)


def _among(value: Result, listed: Result) -> Result:
    if not isinstance(listed, tuple):
        return ERROR
    return either(_truth(_compared("==", value, item), "an item of a list") for item in listed)


def _same(left: Result, right: Result) -> Truth:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Anything):
            start = other.start if isinstance(other, Anything) else other
            return CHOICE if isinstance(start, str) and start.startswith(one.start) else False
    return _plain(left) == _plain(right)


def _plain(value: Result) -> Result:
    return SECRET.sub("projects/#/secrets/", value) if isinstance(value, str) else value


def _ordered(operator: str, left: Result, right: Result) -> Result:
    if not isinstance(left, float) or not isinstance(right, float):
        return Doubt(f"a comparison with {operator} is not understood")
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]


def _called(name: str, arguments: tuple[Node, ...], context: Context) -> Result:
    if name == "has" and len(arguments) == 1 and isinstance(arguments[0], Name):
        found = context.value(arguments[0].path)
        return found if isinstance(found, Doubt) else not isinstance(found, Error)
    if name == "getAttribute" and isinstance(arguments[0], Name) and arguments[0].path == "api":
        wanted, otherwise = (evaluate(argument, context) for argument in arguments[1:])
        return context.attribute(str(wanted), otherwise)
    values = [evaluate(argument, context) for argument in arguments]
    if any(isinstance(value, Error) for value in values):
        return ERROR
    for value in values:
        if isinstance(value, Doubt):
            return value
    method = METHODS.get(name)
    if method is None or len(values) != 2 or not isinstance(values[0], str | Anything | tuple):
        return Doubt(f"the function {name} is not understood")
    return method(values[0], values[1])


def _starts(text: Result, start: Result) -> Result:
    if not isinstance(start, str):
        return ERROR
    if isinstance(text, Anything):
        if text.start.startswith(start):
            return True
        return CHOICE if start.startswith(text.start) else False
    return str(_plain(text)).startswith(str(_plain(start)))


def _ends(text: Result, end: Result) -> Result:
    return CHOICE if isinstance(text, Anything) else str(text).endswith(str(end))


def _contains(text: Result, part: Result) -> Result:
    if isinstance(text, Anything):
        return True if str(part) in text.start else CHOICE
    return str(part) in str(text)


def _matches(text: Result, pattern: Result) -> Result:
    if isinstance(text, Anything):
        return CHOICE
    try:
        return re.search(str(pattern), str(text)) is not None
    except re.error:
        return Doubt(f"the pattern {pattern} cannot be read")


def _extract(text: Result, template: Result) -> Result:
    """The part of a text that stands where the template has its name; empty where the template does not fit."""
    before, _, rest = str(template).partition("{")
    after = rest.partition("}")[2]
    if not isinstance(text, str):
        return _extract_from_start(text, before, after)
    _, found, tail = text.partition(before) if before else ("", "yes", text)
    if not found or (after and after not in tail):
        return ""
    return tail.partition(after)[0] if after else tail


def _extract_from_start(text: Result, before: str, after: str) -> Result:
    if not isinstance(text, Anything):
        return ERROR
    if before not in text.start:
        return CHOICE
    tail = text.start.partition(before)[2] if before else text.start
    if after and after in tail:
        return tail.partition(after)[0]
    return CHOICE if after else Anything(tail)


def _has_only(items: Result, allowed: Result) -> Result:
    if not isinstance(items, tuple) or not isinstance(allowed, tuple):
        return ERROR
    return all(item in allowed for item in items)


METHODS: Mapping[str, Callable[[Result, Result], Result]] = {
    "startsWith": _starts,
    "endsWith": _ends,
    "contains": _contains,
    "matches": _matches,
    "extract": _extract,
    "hasOnly": _has_only,
}
"""What methods do with their value and their one argument."""
