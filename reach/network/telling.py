"""Who reaches a port, told for people and for programs."""

import json
from collections.abc import Sequence

from reach.network.answers import Reached
from reach.step import Step, documented, told


def reached_lines(question: str, found: Sequence[Reached], unjudged: Sequence[Step] = ()) -> str:
    """The answer for a terminal: a line for each place, its way below; and at the end what no answer takes in."""
    lines = [f"{question}: reached by {len(found) or 'nobody'}"]
    for each in found:
        part = f" ({each.part})" if each.part else ""
        doubt = " (perhaps)" if each.perhaps else ""
        flows = ", ".join(map(str, each.flows))
        lines += ["", f"{each.place}{part} reaches {each.target} at {flows}{doubt}"]
        lines += [f"  {line}" for line in told(each.path)]
    if unjudged:
        lines += ["", "Not judged, so that somebody may come by it:", *(f"  {step}" for step in unjudged)]
    return "\n".join(lines)


def reached_as_json(question: str, found: Sequence[Reached], unjudged: Sequence[Step] = ()) -> str:
    """The answer for a program."""
    ways = [
        {
            "place": each.place,
            "part": each.part,
            "target": each.target,
            "flows": [str(flow) for flow in each.flows],
            "sure": not each.perhaps,
            "path": documented(each.path),
        }
        for each in found
    ]
    return json.dumps({"question": question, "ways": ways, "unjudged": documented(unjudged)}, indent=2)
