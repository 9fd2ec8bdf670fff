"""`make unused-grants`: what labs kept of used grants, held against what machines are granted.

Every tier that boots machines writes down what let a request through, in the cache of the lab. Grants of machines whose
role runs and that nobody used are listed, each with its reason of `reasons.py`; it ends with 1 where one has none.
"""

import sys
from collections import defaultdict

from lab.clouds.used import file_of, uses
from tests.support import STACKS, estate
from tests.unused.grants import idle, unused
from tests.unused.reasons import REASONS


def main() -> int:
    """Prints both lists for each stack; the exit code."""
    return max([_list(stack) for stack in STACKS])


def _list(stack: str) -> int:
    file = file_of(stack)
    used = tuple(uses(file))
    if not used:
        print(f"{stack}: no lab has kept what it used. HINT: as root, make test-machines test-drills ({file})")
    capture = estate(stack)
    open_ends = 0
    print(f"{stack}: granted and not used")
    for found in unused(capture, used) if used else ():
        reason = REASONS.get(found.holding.action, "")
        open_ends += not reason
        by = found.holding.by.rpartition("::")[2]
        print(f"  {found.principal}: {found.holding.action} (by {by}): {reason or 'NO REASON. HINT: tests/unused'}")
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for each in idle(capture):
        groups[each.why].append(str(each.principal))
    for why, names in groups.items():
        print(f"{stack}: not exercised, {why}: {', '.join(sorted(names))}")
    return int(bool(open_ends) or not used)


if __name__ == "__main__":
    sys.exit(main())
