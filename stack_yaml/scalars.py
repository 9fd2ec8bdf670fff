"""What a scalar of a stack file means to the engine.

Pulumi reads stack files with gopkg.in/yaml.v3 (its resolve.go), which follows neither YAML 1.1, as PyYAML does, nor
YAML 1.2 to the letter: `no` and `14:00` are text, `0o17` and `017` are both 15, `08` and `1e3` are numbers.
"""

import calendar
import re
from collections.abc import Mapping

Scalar = str | int | float | bool | None

WORDS: Mapping[str, Scalar] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
"""Whole words that are no text."""

WHOLE_NUMBER = re.compile(
    r"(?P<sign>[-+]?)(0[xX](?P<hexadecimal>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)|0[oO]?(?P<octal>[0-7]+)"
    r"|(?P<decimal>0|[1-9][0-9]*))"
)

BASES = {"hexadecimal": 16, "binary": 2, "octal": 8, "decimal": 10}

NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

TIMESTAMP = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"((?P<separator>[Tt]| +)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2}):(?P<second>[0-9]{1,2})"
    r"(?P<fraction>[.,][0-9]+)?(?P<zone>Z|[-+][0-9]{2}:[0-9]{2})?)?"
)

UNSIGNED_LIMIT = 2**64
SIGNED_LIMIT = 2**63


def plain(text: str, *, timestamps: bool = True) -> Scalar:
    """The value of a scalar without quotes; a time becomes the text that Pulumi hands to programs instead of it.

    `timestamps` is false where a tag says that it is something else.
    """
    if text in WORDS:
        return WORDS[text]
    if not re.match(r"[-+.0-9]", text):
        return text
    if timestamps and (time := _timestamp(text)) is not None:
        return time
    # Underscores between digits are dropped, but not in numbers that begin with a point.
    number = text if text.startswith(".") else text.replace("_", "")
    if (whole := _whole(number)) is not None:
        return whole
    if NUMBER.fullmatch(number) and abs(value := float(number)) != float("inf"):
        return value
    return text


def _whole(text: str) -> int | float | None:
    found = WHOLE_NUMBER.fullmatch(text)
    if found is None:
        return None
    (digits,) = ((kind, value) for kind, value in found.groupdict().items() if kind != "sign" and value is not None)
    value = int(digits[1], BASES[digits[0]]) * (-1 if found["sign"] == "-" else 1)
    if -SIGNED_LIMIT <= value < SIGNED_LIMIT:
        return value
    # What has no place in 64 bits becomes a number with a point; in another base than ten it stays text.
    fits = 0 <= value < UNSIGNED_LIMIT and not found["sign"]
    return float(value) if fits or digits[0] == "decimal" else None


def _timestamp(text: str) -> str | None:
    found = TIMESTAMP.fullmatch(text)
    # With a T there must be a time zone, with a space there must be none (resolve.go, allowedTimestampFormats).
    if found is None or (found["separator"] or "").isalpha() != bool(found["zone"]):
        return None
    year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if not 1 <= month <= 12 or not 1 <= day <= _days_in(year, month) or hour > 23 or minute > 59 or second > 59:
        return None
    fraction = (found["fraction"] or "").replace(",", ".")[:10].rstrip("0").rstrip(".")
    offset = (found["zone"] or "Z").replace("Z", "+0000").replace(":", "")
    zone = "UTC" if offset == "+0000" else offset
    return f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{fraction} {offset} {zone}"


def _days_in(year: int, month: int) -> int:
    # The engine's calendar has a year 0, which Python's lacks; it is a leap year like 2000.
    return calendar.monthrange(year or 2000, month)[1]
