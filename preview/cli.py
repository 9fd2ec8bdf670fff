"""The command line of the preview."""

import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from capture import StackFile, capture_stack, read_stack_file
from policies.secrets_in_clear import without_secrets
from preview.bundle import bundle_files
from preview.command_line import Parser, failed
from preview.document import document_text
from preview.faults import explained
from preview.files import OutputError, write_whole
from preview.mermaid import mermaid
from preview.picture import draw
from preview.placeholders import still_there
from preview.render import render
from preview.report import Report, compared_report, make_report
from preview.revision import RevisionError, past_run

ROOT = Path(__file__).resolve().parent.parent

EXIT_CODES = """exit codes:
  0  fine
  1  faults in the settings or in the program, or a command that cannot be run
  2  a policy is violated
  3  a stateful resource would be replaced or deleted, or a guard be off (weighs more than 2)
"""


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    stack: str
    against: str | None
    full: bool
    changes: bool
    json: bool
    graph: Path | None
    mermaid: bool
    traceback: bool


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Runs the command on a project folder; the result is the exit code."""
    options = Options(**vars(_parser().parse_args(arguments)))
    if options.changes and options.against is None:
        return failed("--changes: there is nothing to compare with. HINT: give a revision, --against HEAD")
    try:
        report = _report(options, root)
        if options.graph is not None:
            write_whole(options.graph, draw(report.capture))
    except (RevisionError, OutputError) as error:
        return failed(without_secrets(str(error)))
    except Exception as error:
        if options.traceback:
            traceback.print_exception(error)
        return failed(without_secrets(explained(error, root)))
    _show(report, options)
    return report.exit_code


def _report(options: Options, root: Path) -> Report:
    stack_file = read_stack_file(root, options.stack)
    _tell_of_secure_values(stack_file)
    if options.against is None:
        return make_report(capture_stack(root, stack_file), placeholders=still_there(stack_file))
    with past_run(root, options.against, options.stack) as past:
        present = capture_stack(root, stack_file)
        before = past.result()
    bundle = bundle_files(present, root)
    return compared_report(options.against, before, present, bundle, placeholders=still_there(stack_file))[0]


def _show(report: Report, options: Options) -> None:
    if options.json:
        sys.stdout.write(document_text(report))
    elif options.mermaid:
        sys.stdout.write(mermaid(report.capture))
    else:
        render(report, full=options.full, changes_alone=options.changes)


def _tell_of_secure_values(stack_file: StackFile) -> None:
    if stack_file.secure_paths:
        places = ", ".join(stack_file.secure_paths)
        sys.stderr.write(f"{stack_file.path.name}: {places}: secure, not opened; a placeholder stands there\n")


def _parser() -> Parser:
    parser = Parser(
        prog="python -m preview",
        description="Show what the program would register for a stack. Asks no cloud and needs no credentials.",
        exit_codes=EXIT_CODES,
    )
    parser.add_stack(against="compare with another git revision of the same stack")
    parser.add_argument("--full", action="store_true", help="list every resource, change and command")
    parser.add_argument("--changes", action="store_true", help="with --against: show the difference alone")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print one JSON document (docs/preview.md)")
    output.add_argument("--mermaid", action="store_true", help="print a Mermaid graph, for a merge request")
    parser.add_argument("--graph", metavar="FILE", type=Path, help="write a drawing as SVG as well")
    parser.add_argument("--traceback", action="store_true", help="show where a fault of the program comes from")
    return parser
