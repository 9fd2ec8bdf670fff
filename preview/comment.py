"""The comment of a merge request, from two revisions of the program: python -m preview.comment --against REVISION.

It asks no cloud and needs no credentials, so it can run for anybody's merge request.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from capture import stacks_of
from preview.command_line import Parser
from preview.comment_facts import StackResult, exit_code, look_at
from preview.comment_markdown import comment
from preview.comment_text import Redactor
from preview.files import OutputError, write_whole
from preview.report import EXIT_FAULT
from preview.revision import RevisionError, checked_out

ROOT = Path(__file__).resolve().parent.parent

EXIT_CODES = """exit codes, the worst of all stacks:
  0  fine
  1  a stack cannot be previewed, or a command that cannot be run
  2  a policy is violated
  3  a stateful resource would be replaced or deleted, or a guard be off
"""


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    against: str
    stacks: str
    output: Path | None


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Runs the command on a project folder; the result is the exit code."""
    options = Options(**vars(_parser().parse_args(arguments)))
    stacks = tuple(filter(None, options.stacks.split(","))) or stacks_of(root)
    try:
        results: tuple[StackResult, ...] = tuple(look_at(root, stack, options.against) for stack in stacks)
        written = comment(results, checked_out(root), Redactor(root))
        if options.output is None:
            sys.stdout.write(written.markdown)
        else:
            write_whole(options.output, written.markdown)
            write_whole(options.output.with_suffix(".diff"), written.diff)
    except (RevisionError, OutputError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_FAULT
    return exit_code(results)


def _parser() -> Parser:
    parser = Parser(
        prog="python -m preview.comment",
        description="Write the Markdown comment of a merge request: what it does to every stack.",
        exit_codes=EXIT_CODES,
    )
    parser.add_argument(
        "--against", metavar="REVISION", required=True, help="the revision that it would be merged into"
    )
    parser.add_argument("--stacks", metavar="A,B", default="", help="stacks, for example staging; all if left out")
    parser.add_argument(
        "--output", metavar="FILE", type=Path, help="write it to FILE, and the whole diff beside it (.diff)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
