"""The command line of a program that is a table of commands, each a module of its package.

Such a module has `add_arguments(parser)` and `run(options, settings) -> int`.
"""

import argparse
import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from host.errors import HostError

INTERRUPTED = 130
"""As a shell tells of Ctrl-C."""


@dataclass(frozen=True)
class Command:
    """The one that was asked for."""

    program: str
    """As a person calls it, for example "pairctl"."""
    name: str
    module: ModuleType
    options: argparse.Namespace


def chosen(
    program: str, description: str, package: str, commands: Mapping[str, str], arguments: Sequence[str] | None
) -> Command:
    """Parses the words, or those of the process. `commands` has the help of each, by the name of its module.

    A module is imported only when it is asked for, so that one cannot break the others. Ends the program for others.
    """
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("command", choices=commands, metavar="command", help=", ".join(commands))
    parser.epilog = "; ".join(f"{name}: {text}" for name, text in commands.items())
    words = list(sys.argv[1:] if arguments is None else arguments)
    name: str = parser.parse_args(words[:1]).command
    module = importlib.import_module(f"{package}.commands.{name}")
    own = argparse.ArgumentParser(prog=f"{program} {name}", description=commands[name])
    module.add_arguments(own)
    return Command(program, name, module, own.parse_args(words[1:]))


def status_of(command: Command, run: Callable[[], int]) -> int:
    """Runs it; the exit status, with one line on standard error where it refuses or is interrupted."""
    told = f"{command.program} {command.name}"
    try:
        return run()
    except HostError as error:
        sys.stderr.write(f"{told}: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write(f"{told}: interrupted. HINT: {command.program} status shows what was done\n")
        return INTERRUPTED
