"""What a person was shown, and whether `up` would do just that: python -m preview.shown_plan ANSWER --stack NAME.

ANSWER is the answer of `pulumi preview --json`. The job of the plan writes kinds and names of its steps, with one
digest over everything that the engine told of them; the job of `up` asks the engine again and refuses where they
differ. No value of a plan leaves the job that asked for it.
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from preview.command_line import Parser, failed
from preview.engine_plan import QUIET, AnswerError, Plan, PlannedStep, read_plan
from preview.files import OutputError, write_whole
from preview.report import EXIT_FAULT, EXIT_FINE

VERSION = 1
"""Of the file."""
PASSING = frozenset({"stackTrace", "sourcePosition", "created", "modified", "outputs"})
"""Of a resource's state: where in the program, and when; no part of what is done to it."""
ASSET = "4dabf18193072939515e22adb298388d"
"""Key by which Pulumi's wire format marks assets and archives; their digest counts, not the folder of the job."""
LISTED = 20
"""Most steps that a refusal names."""

EXIT_CODES = """exit codes:
  0  written, or the steps are those that were shown
  1  they are not, or the engine failed, or a file is not what it should be
"""


@dataclass(frozen=True)
class ShownPlan:
    """The steps of one plan, without any value."""

    stack: str
    steps: tuple[tuple[str, str], ...]
    """Operation and URN of each step that changes something, sorted."""
    digest: str
    """SHA-256 over all that the engine told of them."""

    def text(self) -> str:
        """As it lies in the file."""
        return json.dumps({"version": VERSION, "stack": self.stack, "steps": self.steps, "digest": self.digest}) + "\n"


class ShownPlanError(Exception):
    """A plan that cannot be shown, or one that is not the one that was shown."""


def shown(plan: Plan, stack: str) -> ShownPlan:
    """What is kept of a plan. Raises ShownPlanError where the engine could not make one."""
    if plan.faults:
        raise ShownPlanError(f"the engine could not plan: {plan.faults[0].message}")
    changing = (step for step in plan.steps if step.operation not in QUIET)
    steps = sorted(changing, key=lambda step: (step.urn, step.operation))
    told = json.dumps([stack, *map(_told, steps)], sort_keys=True)
    return ShownPlan(
        stack, tuple((step.operation, step.urn) for step in steps), hashlib.sha256(told.encode()).hexdigest()
    )


def read_shown(text: str) -> ShownPlan:
    """The file of the job that showed the plan. Raises ShownPlanError."""
    try:
        document: dict[str, Any] = json.loads(text)
        if document["version"] != VERSION:
            raise ShownPlanError(f"the file of the shown plan has version {document['version']}, not {VERSION}")
        steps = tuple((str(operation), str(urn)) for operation, urn in document["steps"])
        return ShownPlan(str(document["stack"]), steps, str(document["digest"]))
    except (ValueError, TypeError, KeyError) as error:
        raise ShownPlanError(f"this is no file of a shown plan: {error!r}") from None


def differences(was: ShownPlan, now: ShownPlan) -> Iterator[str]:
    """Sentences on how two plans differ; none where they are the same."""
    if was.stack != now.stack:
        yield f"the plan of {was.stack} was shown, and this is {now.stack}"
    gone, new = Counter(was.steps) - Counter(now.steps), Counter(now.steps) - Counter(was.steps)
    for words, steps in (("was shown and would not be done", gone), ("would be done and was not shown", new)):
        named = sorted(steps.elements())
        yield from (f"{operation} {urn} {words}" for operation, urn in named[:LISTED])
        if len(named) > LISTED:
            yield f"and {len(named) - LISTED} more that {words}"
    if was.digest != now.digest and not gone and not new:
        yield "the steps are those that were shown, with other values"


def main(arguments: Sequence[str]) -> int:
    """Writes or compares; the result is the exit code."""
    options = _parser().parse_args(arguments)
    try:
        plan = shown(read_plan(options.answer.read_text(encoding="utf-8")), options.stack)
        if options.write is not None:
            write_whole(options.write, plan.text())
            return EXIT_FINE
        found = list(differences(read_shown(options.compare.read_text(encoding="utf-8")), plan))
    except (AnswerError, ShownPlanError, OutputError, OSError) as error:
        return failed(str(error))
    if not found:
        return EXIT_FINE
    hint = "nothing was changed. HINT: start a new pipeline, and read its plan"
    sys.stderr.write("".join(f"{line}\n" for line in (*found, hint)))
    return EXIT_FAULT


def _told(step: PlannedStep) -> list[Any]:
    properties = (sorted(step.differing), sorted(step.replacing))
    return [step.operation, step.urn, *properties, _lasting(step.old), _lasting(step.new)]


def _lasting(state: Mapping[str, Any] | None) -> Any:
    if state is None:
        return None
    lasting = {key: _without_folders(value) for key, value in state.items() if key not in PASSING}
    # The SDK keeps them in sets, so their order is another one in each process.
    if isinstance(named := lasting.get("dependencies"), list):
        lasting["dependencies"] = sorted(map(str, cast("list[Any]", named)))
    if isinstance(by_property := lasting.get("propertyDependencies"), dict):
        found = cast("dict[str, list[Any] | None]", by_property)
        lasting["propertyDependencies"] = {name: sorted(map(str, urns or ())) for name, urns in found.items()}
    return lasting


def _without_folders(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_folders(entry) for entry in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    entries = cast("dict[str, Any]", value)
    return {key: _without_folders(entry) for key, entry in entries.items() if ASSET not in entries or key != "path"}


def _parser() -> Parser:
    parser = Parser(
        prog="python -m preview.shown_plan",
        description="Keep what was shown of a plan, or refuse a plan that is another one.",
        exit_codes=EXIT_CODES,
    )
    parser.add_argument("answer", metavar="ANSWER", type=Path, help="answer of pulumi preview --json")
    parser.add_argument("--stack", required=True, help="name of the stack")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", metavar="FILE", type=Path, help="keep the steps in FILE, without values")
    what.add_argument("--compare", metavar="FILE", type=Path, help="refuse unless the steps are those of FILE")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
