"""Patterns with "*" and "?", as AWS writes them in actions, resources and conditions; nothing else is special."""

import re
from functools import lru_cache

_CACHED = 65536


@lru_cache(_CACHED)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if mark == "*" else "." if mark == "?" else re.escape(mark) for mark in pattern)
    return re.compile("".join(parts), re.DOTALL)


def is_pattern(text: str) -> bool:
    """Whether a text stands for many."""
    return "*" in text or "?" in text


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text is one of those that a pattern stands for."""
    if pattern == "*":
        return True
    return _compiled(pattern).fullmatch(text) is not None if is_pattern(pattern) else pattern == text


@lru_cache(_CACHED)
def meets(one: str, other: str) -> bool:
    """Whether some text is meant by both patterns."""
    if not is_pattern(other):
        return matches(one, other)
    if not is_pattern(one):
        return matches(other, one)
    reached = _stars(one, {0})
    # Positions in the first pattern that some text of the second pattern, read so far, can lead to.
    for mark in other:
        reached = _stars(one, _any(one, reached) if mark == "*" else _one(one, reached, mark))
    return len(one) in reached


def _stars(pattern: str, positions: set[int]) -> set[int]:
    """What is reached by letting stars stand for nothing."""
    found = set(positions)
    for position in sorted(positions):
        while position < len(pattern) and pattern[position] == "*":
            position += 1
            found.add(position)
    return found


def _one(pattern: str, positions: set[int], mark: str) -> set[int]:
    """What is reached by one character; "?" is any."""
    found: set[int] = set()
    for position in positions:
        if position == len(pattern):
            continue
        own = pattern[position]
        if own == "*":
            found.add(position)
        elif own == "?" or mark in ("?", own):
            found.add(position + 1)
    return found


def _any(pattern: str, positions: set[int]) -> set[int]:
    """What is reached by any number of any characters: everything from the first position on."""
    return set(range(min(positions), len(pattern) + 1)) if positions else set()


@lru_cache(_CACHED)
def covers(wide: str, narrow: str) -> bool:
    """Whether every text of the second pattern is one of the first.

    A star or a mark of the narrow one counts as a character of its own, which only a star of the wide one takes.
    """
    if not is_pattern(narrow):
        return matches(wide, narrow)
    reached = _stars(wide, {0})
    for mark in narrow:
        following: set[int] = set()
        for position in reached:
            if position == len(wide):
                continue
            own = wide[position]
            if own == "*":
                following.add(position)
            elif mark != "*" and own in ("?", mark):
                following.add(position + 1)
        reached = _stars(wide, following)
    return len(wide) in reached
