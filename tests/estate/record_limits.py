"""Records what the SDKs document of the limits of inputs: python -m tests.estate.record_limits."""

import json
import warnings

from policies.limits.table import DOCUMENTED
from preview.replacement_table import IMMUTABLE
from tests.estate.documented_limits import documented_limits, plain

COMMAND = "python -m tests.estate.record_limits"


def document() -> str:
    """The whole file, a line for each limit. Its types are those that the table of replacements reviews."""
    with warnings.catch_warnings():
        # The SDKs warn of their own deprecated resources when a module of theirs is imported.
        warnings.simplefilter("ignore", DeprecationWarning)
        found = {name: [plain(limit) for limit in documented_limits(name)] for name in sorted(IMMUTABLE)}
    blocks = (
        f'  "{name}": [\n    ' + ",\n    ".join(json.dumps(limit, ensure_ascii=False) for limit in limits) + "\n  ]"
        for name, limits in found.items()
        if limits
    )
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def main() -> None:
    """Writes the file anew."""
    DOCUMENTED.write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
