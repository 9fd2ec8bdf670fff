"""What the engine itself says, as Markdown: python -m preview.comment_engine FILE --stack NAME.

FILE is the answer of `pulumi preview --json`. Values are left out, because a provider may print one that nobody marked
as a secret: kinds, names and places alone.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from capture import Registration, type_chain, urn_name
from policies.stateful import is_stateful
from preview.command_line import Parser
from preview.comment_text import Redactor, fenced, fitted, fold, literal
from preview.engine_plan import QUIET, AnswerError, read_plan
from preview.files import OutputError, write_whole
from preview.report import EXIT_FAULT, EXIT_FINE, EXIT_LOSS

ROOT = Path(__file__).resolve().parent.parent

LOSING = ("delete", "replace", "delete-replaced", "create-replacement")

ROOM = 40_000
"""Bytes of the listed steps."""

EXIT_CHANGES = 4
"""With --expect-no-changes: the engine would change something."""

EXIT_CODES = """exit codes:
  0  fine
  1  the engine failed, or the file is not its answer
  3  a stateful resource would be replaced or deleted
  4  anything would change (with --expect-no-changes, and weighs less than 3)
"""


@dataclass(frozen=True)
class EngineStep:
    """One step that changes something."""

    operation: str
    urn: str
    reasons: tuple[str, ...]
    """Places of the properties that differ; those that force a replacement where there are any."""

    @property
    def loses_state(self) -> bool:
        """Whether data, keys or an address that others know would be lost."""
        entry = Registration(self.urn, self._type, urn_name(self.urn), custom=True, inputs={})
        return self.operation in LOSING and is_stateful(entry)

    @property
    def kind(self) -> str:
        """Service and kind, for example "ec2 Subnet"."""
        _, _, rest = self._type.partition(":")
        service, _, kind = rest.partition(":")
        return f"{service.partition('/')[0]} {kind}"

    @property
    def _type(self) -> str:
        return type_chain(self.urn).rpartition("$")[2]


@dataclass(frozen=True)
class EngineAnswer:
    """What the engine would change, and why it could not say."""

    steps: tuple[EngineStep, ...]
    failures: tuple[str, ...]


def read_answer(text: str) -> EngineAnswer:
    """The steps that change something, losses first, and the errors. Raises AnswerError."""
    plan = read_plan(text)
    steps = [
        EngineStep(step.operation, step.urn, step.replacing or step.differing)
        for step in plan.steps
        if step.operation not in QUIET
    ]
    return EngineAnswer(
        steps=tuple(sorted(steps, key=lambda step: (not step.loses_state, step.urn))),
        failures=tuple(fault.message for fault in plan.faults),
    )


def markdown(answer: EngineAnswer, stack: str, redactor: Redactor) -> str:
    """One section for one stack."""
    lines = [f"### {literal(redactor.text(stack))}: {_summary(answer)}"]
    if answer.failures:
        message = [f"# {line}" for text in answer.failures for line in redactor.text(text)[:4_000].splitlines()]
        lines += ["", *fenced(message[:100])]
    blocks = [_listed(step, redactor) for step in answer.steps if step.loses_state]
    if blocks:
        kept, left_out = fitted(blocks, ROOM // 2)
        lines += ["", "⛔ **Would be lost**", "", *kept, *_rest(left_out)]
    if answer.steps:
        kept, left_out = fitted([_listed(step, redactor) for step in answer.steps], ROOM // 2)
        lines += ["", *fold("every step", [*kept, *_rest(left_out)])]
    return "\n".join(lines) + "\n"


def exit_code(answer: EngineAnswer, *, expect_no_changes: bool) -> int:
    """What the command ends with."""
    if answer.failures:
        return EXIT_FAULT
    if any(step.loses_state for step in answer.steps):
        return EXIT_LOSS
    return EXIT_CHANGES if expect_no_changes and answer.steps else EXIT_FINE


def main(arguments: Sequence[str]) -> int:
    """Writes the section; the result is the exit code."""
    options = _parser().parse_args(arguments)
    try:
        answer = read_answer(Path(options.file).read_text(encoding="utf-8"))
        text = markdown(answer, options.stack, Redactor(ROOT))
        sys.stdout.write(text)
        if options.output is not None:
            write_whole(options.output, text)
        if options.append is not None:
            with options.append.open("a", encoding="utf-8") as file:
                file.write(text)
    except (AnswerError, OutputError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_FAULT
    return exit_code(answer, expect_no_changes=options.expect_no_changes)


def _summary(answer: EngineAnswer) -> str:
    if answer.failures:
        return "❌ the preview fails"
    counts = Counter(step.operation for step in answer.steps)
    return ", ".join(f"{count} {operation}" for operation, count in sorted(counts.items())) or "✅ no changes"


def _listed(step: EngineStep, redactor: Redactor) -> list[str]:
    name = literal(redactor.text(urn_name(step.urn)))
    places = ", ".join(literal(redactor.text(reason), 60) for reason in step.reasons[:8])
    return [f"* {step.operation} {name} ({literal(step.kind)})" + (f": {places}" if places else "")]


def _rest(left_out: int) -> Iterator[str]:
    if left_out:
        yield f"* and **{left_out} more**"


def _parser() -> Parser:
    parser = Parser(
        prog="python -m preview.comment_engine",
        description="Write what `pulumi preview --json` found as Markdown, without any value.",
        exit_codes=EXIT_CODES,
    )
    parser.add_argument("file", metavar="FILE", help="answer of pulumi preview --json")
    parser.add_argument("--stack", required=True, help="name of the stack")
    parser.add_argument("--output", metavar="FILE", type=Path, help="write it to FILE as well")
    parser.add_argument(
        "--append", metavar="FILE", type=Path, help="write it to the end of FILE, such as a job summary"
    )
    parser.add_argument("--expect-no-changes", action="store_true", help="end with 4 where anything would change")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
