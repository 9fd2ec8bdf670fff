"""Words that several commands of the lab say, and how they reach somebody who may have gone."""

import os
import sys


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 machine, 2 machines."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def swept_words(things: int) -> str:
    """What was done about a lab that was killed."""
    return f"Took away {counted(things, 'thing')} that a killed lab had left."


def say(text: str) -> None:
    """Prints at once. Where nobody reads any more it says nothing, now and later: what is taken away has to go on."""
    try:
        print(text, flush=True)
    except OSError:
        # What is still in the buffer must not fail once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
