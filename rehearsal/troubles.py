"""What went wrong with a command of the engine, as one message with what to do next."""

import re
from dataclasses import dataclass

from preview.engine_plan import AnswerError
from rehearsal.engine import TIMED_OUT, Outcome
from rehearsal.verdict import SUMMARIES, faults

SHOWN_ERRORS = 20

ERROR = re.compile(r"^ *error: (?:an unhandled error occurred: )?(.+(?:\n.+)*)", re.MULTILINE)
"""An error of the CLI: to the next empty line."""


@dataclass(frozen=True)
class Trouble:
    """A known kind of failure."""

    said: str
    """Pattern of what the CLI prints."""
    meaning: str
    next_step: str


KNOWN = (
    Trouble(
        r"incorrect passphrase",
        "the state was encrypted with another passphrase; nothing was changed",
        "set PULUMI_CONFIG_PASSPHRASE to the passphrase that the state was made with",
    ),
    Trouble(
        r"the stack is currently locked",
        "another command holds the lock of the state, or died while it held it; nothing was changed",
        "wait for the other command; if none runs, delete the lock file that the CLI names above",
    ),
    Trouble(
        r"failed to load checkpoint|unexpected end of JSON input",
        "the state file is damaged; it was left as it is",
        "put back the newest file from .pulumi/backups in the state's folder, then refresh",
    ),
    Trouble(
        r"has \d+ pending operation|pending operations",
        "an earlier command was cut off while a cloud worked",
        "refresh, then run the command again",
    ),
)


def told(outcome: Outcome) -> str:
    """The message for a command that failed: what it was, what the engine says, what to do next."""
    command = f"pulumi {outcome.command[0]}"
    if outcome.dead_providers:
        dead = " and ".join(outcome.dead_providers)
        meaning = f"the {dead} provider died in the middle; the state holds what was made before"
        return _message(command, (meaning, *errors(outcome)), "run it again; it goes on where it stopped")
    if outcome.exit_code == TIMED_OUT:
        return _message(command, errors(outcome), "look for a provider or a program that waits for ever")
    for trouble in KNOWN:
        if re.search(trouble.said, outcome.said):
            return _message(command, (trouble.meaning, *errors(outcome)), trouble.next_step)
    return _message(command, errors(outcome), "mend what the engine names, then run it again")


def errors(outcome: Outcome) -> tuple[str, ...]:
    """The errors that a command printed, each once; of a plan in JSON, its diagnostics."""
    if outcome.stdout.startswith("{"):
        try:
            if listed := faults(outcome.plan):
                return listed
        except AnswerError:
            pass  # The plan broke off in the middle; its text follows.
    found = [match.strip() for match in ERROR.findall(outcome.said)]
    distinct = dict.fromkeys(text for text in found if text not in SUMMARIES)
    return tuple(distinct or found) or (outcome.said.strip()[-1000:],)


def _message(command: str, lines: tuple[str, ...], next_step: str) -> str:
    shown = [f"  {line}" for line in lines[:SHOWN_ERRORS]]
    if len(lines) > SHOWN_ERRORS:
        shown.append(f"  and {len(lines) - SHOWN_ERRORS} more")
    return "\n".join([f"{command} failed:", *shown, f"HINT: {next_step}"])
