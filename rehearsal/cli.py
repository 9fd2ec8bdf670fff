"""The command line of the rehearsal."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from capture import StackFileError, capture_stack, read_stack_file
from policies import Violation, check
from preview.command_line import Parser, failed
from preview.faults import explained
from preview.report import EXIT_FINE, EXIT_LOSS, EXIT_VIOLATION, Against
from preview.revision import SHORT, RevisionError, commit_of
from rehearsal.cli_binary import CliError, find_cli
from rehearsal.engine import CommandError, running_engine
from rehearsal.folder import Folder, rehearsal_folder
from rehearsal.life import ChangeVerdict, Stage, first_life, life_against
from rehearsal.show import show_change, show_life, show_violations
from rehearsal.troubles import told

ROOT = Path(__file__).resolve().parent.parent

EXIT_CODES = """exit codes, as of the preview:
  0  fine
  1  faults in the settings, in the program or of the engine, or a command that cannot be run
  2  a policy is violated
  3  a stateful resource would be replaced or deleted, or a guard be off (weighs more than 2)
"""


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    stack: str
    against: str | None
    keep: Path | None
    full: bool


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Runs the command on a project folder; the result is the exit code."""
    options = Options(**vars(_parser().parse_args(arguments)))
    try:
        find_cli()
        read_stack_file(root, options.stack)
        if options.against is not None:
            commit_of(root, options.against)
        violations = check(capture_stack(root, read_stack_file(root, options.stack)))
    except (CliError, RevisionError) as error:
        return failed(str(error))
    except Exception as error:
        return failed(explained(error, root))
    with rehearsal_folder(options.keep) as folder:
        return _rehearse(options, root, folder, violations)


def _rehearse(options: Options, root: Path, folder: Folder, violations: tuple[Violation, ...]) -> int:
    loses = False
    try:
        if options.against is None:
            show_life(_first_life(options, root, folder))
        else:
            against, change = _life_against(options, root, folder, options.against)
            show_change(against, change, full=options.full)
            loses = change.loses_state
    except CommandError as error:
        folder.kept = True
        return failed(f"{told(error.outcome)}\nThe state is kept; go on with --keep {folder.path}")
    except (RevisionError, StackFileError) as error:
        return failed(str(error))
    show_violations(violations)
    return EXIT_LOSS if loses else EXIT_VIOLATION if violations else EXIT_FINE


def _first_life(options: Options, root: Path, folder: Folder) -> tuple[Stage, ...]:
    last = folder.last_copy
    present = folder.present(root)
    with running_engine(last or present, options.stack, folder.path, folder.clouds, checkpoints=False) as engine:
        return first_life(engine.on(present) if last else engine)


def _life_against(options: Options, root: Path, folder: Folder, revision: str) -> tuple[Against, ChangeVerdict]:
    last = folder.last_copy
    past = folder.revision(root, revision)
    exists = (past / f"Pulumi.{options.stack}.yaml").is_file()
    present = folder.present(root)
    first = past if exists else present
    with running_engine(last or first, options.stack, folder.path, folder.clouds, checkpoints=False) as engine:
        change = life_against(engine.on(first) if last else engine, present, revision, exists=exists)
    return Against(revision, commit_of(root, revision)[:SHORT], exists, change.comparison), change


def _parser() -> Parser:
    parser = Parser(
        prog="python -m rehearsal",
        description="Live through the life of a stack: the real Pulumi engine on simulated clouds. No credentials.",
        exit_codes=EXIT_CODES,
    )
    parser.add_stack(against="bring up that git revision, then preview the present one")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="keep state and simulated clouds there, and go on")
    parser.add_argument("--full", action="store_true", help="list every change")
    return parser
