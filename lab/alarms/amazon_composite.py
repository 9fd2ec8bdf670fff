"""Composite alarms of CloudWatch: a rule over the states of others."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass

from capture import Registration
from lab.alarms.amazon_alarms import AmazonAlarm, AmazonWatch
from lab.alarms.reading import text, where
from lab.alarms.written import Series, Written
from lab.errors import LabError
from lab.followed import known_alone

COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"

PART = re.compile(r"""ALARM\("?([^()"]+)"?\)""")
TOLD = ("alarmName", "alarmDescription", "actionsEnabled", "alarmActions", "okActions", "insufficientDataActions")


@dataclass(frozen=True)
class CompositeAlarm:
    """Rings while its rule holds."""

    registration: Registration
    rule: ast.expr
    """A Python expression over `part[0]`, `part[1]` ..., which stand for the parts in their order."""
    parts: tuple[AmazonAlarm, ...]

    def watch(self) -> "CompositeWatch":
        """A new one, with new ones of its parts."""
        return CompositeWatch(self)

    def watches(self, series: Series) -> bool:
        """Those of its parts."""
        return any(part.watches(series) for part in self.parts)

    @property
    def is_about_a_value(self) -> bool:
        """It is."""
        return True


class CompositeWatch:
    """A composite alarm at work."""

    def __init__(self, alarm: CompositeAlarm) -> None:
        self._alarm = alarm
        self._parts: tuple[AmazonWatch, ...] = tuple(part.watch() for part in alarm.parts)

    def look(self, written: Written, now: int) -> bool:
        """All parts first, so that each sees every minute."""
        rings = [part.look(written, now) for part in self._parts]
        return _holds(self._alarm.rule, rings)


def composite_alarm(entry: Registration, alarms: Mapping[str, AmazonAlarm]) -> CompositeAlarm:
    """Reads a registered one; `alarms` by their physical names. Raises LabError for a rule it cannot read."""
    known_alone(entry.inputs, (*TOLD, "alarmRule", "region", "tags", "tagsAll"), where(entry))
    rule = text(entry.inputs.get("alarmRule"))
    names: list[str] = PART.findall(rule)
    for name in names:
        if name not in alarms:
            raise LabError(f"{where(entry)}: its rule names {name}, and there is no such alarm")
    numbers = iter(range(len(names)))
    words = {"AND": "and", "OR": "or", "NOT": "not"}
    translated = re.sub(
        r"\b(AND|OR|NOT)\b", lambda found: words[found[1]], PART.sub(lambda _: f"part[{next(numbers)}]", rule)
    )
    try:
        parsed = ast.parse(translated, mode="eval").body
    except SyntaxError:
        raise LabError(f"{where(entry)}: the lab cannot read the rule {rule}") from None
    _holds(parsed, [False] * len(names))
    return CompositeAlarm(entry, parsed, tuple(alarms[name] for name in names))


def _holds(node: ast.expr, rings: list[bool]) -> bool:
    match node:
        case ast.Subscript(slice=ast.Constant(value=int() as index)):
            return rings[index]
        case ast.BoolOp(op=ast.And(), values=values):
            return all([_holds(each, rings) for each in values])  # noqa: C419 -- every part is read, so that none is unknown
        case ast.BoolOp(op=ast.Or(), values=values):
            return any([_holds(each, rings) for each in values])  # noqa: C419 -- the same
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _holds(operand, rings)
        case _:
            raise LabError(f"the lab cannot read {ast.unparse(node)} in a composite alarm's rule")
