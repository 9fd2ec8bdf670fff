"""The command line of the lab: python -m lab up, apply, shell and status."""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Sequence

from capture import Capture, ProgramError, StackFileError, capture_stack, read_stack_file
from lab.errors import LabError
from lab.placement import nearest
from lab.project import ROOT
from lab.scratch import sweep
from lab.session import needs
from lab.session.apply import apply, enter
from lab.session.run_folder import running, socket_of
from lab.session.state import MachineState, state_from
from lab.session.table import is_terminal, table, terminal_width
from lab.session.talk import ask_once
from lab.session.up import up
from lab.session.words import swept_words

EXIT_FINE, EXIT_REFUSED, EXIT_INTERRUPTED = 0, 1, 130

CANNOT = (LabError, ProgramError, StackFileError, RuntimeError, OSError, subprocess.CalledProcessError)
"""What a host, a stack file or a program of the host may refuse; each says what, and no traceback says it better."""


def main(arguments: Sequence[str]) -> int:
    """Runs the command; the result is the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except CANNOT as error:
        print(error, file=sys.stderr)
        return EXIT_REFUSED
    except KeyboardInterrupt:
        if options.command == "apply":
            print("\nMachines that began to converge go on. HINT: make lab-status", file=sys.stderr)
        return EXIT_INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    needs.check()
    match options.command:
        case "up":
            names = _names(options.machines)
            return up(_captured(options.stack), names)
        case "apply":
            return apply(_captured(options.stack), now=options.now)
        case "shell":
            return _shell(options.stack, options.machine, options.command_line)
        case _:
            return _status()


def _names(text: str | None) -> list[str] | None:
    """None for all machines."""
    if text is None:
        return None
    names = [name for name in re.split(r"[,\s]+", text) if name]
    if not names:
        raise LabError(f"MACHINES={text!r} names no machine. HINT: pg-a,pg-b, or leave it out for all")
    return names


def _captured(stack: str) -> Capture:
    return capture_stack(ROOT, read_stack_file(ROOT, stack))


def _shell(stack: str, machine: str, command: str | None) -> int:
    if stack not in running():
        raise LabError(f"no lab of {stack} runs. HINT: make lab STACK={stack}")
    names = [state.name for state in _states(stack)]
    if not machine:
        raise LabError(f"no machine is named. HINT: {' or '.join(f'MACHINE={name}' for name in names)}")
    if machine not in names:
        raise LabError(f"{machine!r} is not up in the lab of {stack}. HINT: {nearest(machine, names)}")
    terminal = [f"TERM={os.environ['TERM']}"] if "TERM" in os.environ else []
    line = [*enter(stack, machine), *terminal, "HOME=/root"]
    if command:
        return subprocess.run([*line, "bash", "-c", command], check=False).returncode
    # How the last command of a shell ended is no failure of `make lab-shell`.
    subprocess.run([*line, "bash", "--login"], check=False)
    return EXIT_FINE


def _status() -> int:
    stacks = running()
    swept = sweep()
    if swept:
        print(swept_words(swept))
    if not stacks:
        print("No lab runs. HINT: make lab STACK=staging")
    for stack in stacks:
        print(f"{stack}")
        try:
            states = _states(stack)
        except LabError:
            print("has no machines yet, or no more")
        else:
            coloured = is_terminal(sys.stdout)
            print("\n".join(table(states, stack, coloured=coloured, width=terminal_width(sys.stdout))))
    return EXIT_FINE


def _states(stack: str) -> list[MachineState]:
    answer = ask_once(socket_of(stack), {"command": "status"})
    return [state_from(state) for state in answer["states"]]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description="Machines of a stack on this host.")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("up", help="boot machines and stay until Ctrl-C")
    start.add_argument("stack")
    start.add_argument("--machines", help="names, parted by commas or spaces; all if left out")
    change = commands.add_parser("apply", help="apply the stack file as it is now to the lab that runs")
    change.add_argument("stack")
    change.add_argument("--now", action="store_true", help="may interrupt services, as in the maintenance window")
    shell = commands.add_parser("shell", help="a root shell on a machine of the lab that runs")
    shell.add_argument("stack")
    shell.add_argument("machine")
    shell.add_argument("--command", dest="command_line", help="run this and come back")
    commands.add_parser("status", help="show the labs that run, and take away what killed ones left")
    return parser
