"""What Cloud Armor denies at the edge, by the decoded path of a request, so that no spelling counts.

A URL map compares a path as the client spelt it, and Google's global load balancer takes no regular expressions there.
apt encodes some characters and leaves others, each release differently, and whoever wants a withdrawn package may
encode any. `urlDecode()` turns `%##` into its character and "+" into a space (Google, "Configure custom rules language
attributes"); what it makes of a request is compared with the name of the file.
"""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

PATH_CHARACTERS = r"A-Za-z0-9._+~^:%={}-"
"""What names of files may have, beside the slash: Debian's packages and versions (letters, digits and `.+-:~`,
deb-version(7) and Debian Policy 5.6), and those of rpm (`._+%{}~^` and `-:`, build/parsePreamble.c)."""

SUBEXPRESSION_LIMIT = 1024
EXPRESSION_LIMIT = 2048
"""Characters in a subexpression and in a whole expression of Cloud Armor; five subexpressions at most, of which two
fill it (Google, "Cloud Armor quotas and limits")."""

MOST_RULES = 19
"""Rules for withdrawn packages. A project has 20 with expressions unless Google grants more (quota
SECURITY_POLICY_CEVAL_RULES), and NO_NAME takes one."""

NO_NAME = "!request.path.urlDecode().matches(r'^[ -~]*$')"
"""Matches what no file is called: names are printable ASCII. A line feed, or a byte that is no UTF-8, would otherwise
stand where ANYWHERE expects any character, and pass it."""

SLASH = r"/(\.?/)*"
"""One slash, or what servers take for one: `//` and `/./`."""

ANYWHERE = "(/.*)?"
"""Between a repository and a file of it: every day and every pointer of it serves the same files (routes.py)."""

BEFORE, BETWEEN, AFTER = f"request.path.urlDecode().matches(r'^{SLASH}(", "|", ")$')"

OR = " || "

SPECIAL = frozenset(".^{}")
"""Characters of names that mean something else in a regular expression; "+" stands apart."""


def length(path: str, repositories: Iterable[str]) -> int:
    """Characters of the shortest subexpression that withdraws one file."""
    return len(BEFORE) + len(_in_every_view(path, repositories)) + len(AFTER)


def expressions(paths: Sequence[str], repositories: Iterable[str]) -> tuple[str, ...]:
    """Expressions that match requests for any of these files; each is one rule.

    Each lies below the path of a repository. No path may be longer than a subexpression takes.
    """
    roots = tuple(repositories)
    room = SUBEXPRESSION_LIMIT - len(BEFORE) - len(AFTER)
    subexpressions = _packed((_in_every_view(path, roots) for path in paths), room, BETWEEN)
    return tuple(_packed((f"{BEFORE}{each}{AFTER}" for each in subexpressions), EXPRESSION_LIMIT, OR))


def _in_every_view(path: str, repositories: Iterable[str]) -> str:
    root = next((root for root in repositories if path.startswith(f"{root}/")), "")
    file = path.removeprefix(f"{root}/")
    return f"{_pattern(root)}{ANYWHERE}{SLASH}{_pattern(file)}" if root else _pattern(file)


def _pattern(path: str) -> str:
    """What the decoded path of a request for a file looks like, without its first slash.

    A name may hold `%3a` itself. Whoever copies what apt printed means the character, so both are the file.
    """
    parts = re.split(r"(%[0-9A-Fa-f]{2})", path)
    return "".join(
        f"({part}|{_literal(meant)})"
        if index % 2 and re.fullmatch(f"[{PATH_CHARACTERS}]", meant := unquote(part))
        else _literal(part)
        for index, part in enumerate(parts)
    )


def _literal(text: str) -> str:
    """A raw "+" of a request is decoded to a space, and `%2B` to "+"."""
    spelt = {"/": SLASH, "+": "[+ ]"}
    return "".join(spelt.get(each) or (f"\\{each}" if each in SPECIAL else each) for each in text)


def _packed(texts: Iterable[str], room: int, between: str) -> list[str]:
    """As many in each as there is room for, in their order."""
    packed: list[str] = []
    for text in texts:
        if packed and len(packed[-1]) + len(between) + len(text) <= room:
            packed[-1] += between + text
        else:
            packed.append(text)
    return packed
