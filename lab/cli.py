"""The command line of the lab: python -m lab up, apply, shell and status."""

import argparse
import os
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
from lab.session.state import MachineState, Phase
from lab.session.table import is_terminal, table
from lab.session.talk import ask
from lab.session.up import up

EXIT_FINE, EXIT_REFUSED = 0, 1


def main(arguments: Sequence[str]) -> int:
    """Runs the command; the result is the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (LabError, ProgramError, StackFileError) as error:
        print(error, file=sys.stderr)
        return EXIT_REFUSED


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
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise LabError(f"MACHINES={text!r} names no machine. HINT: pg-a,pg-b, or leave it out for all")
    return names


def _captured(stack: str) -> Capture:
    return capture_stack(ROOT, read_stack_file(ROOT, stack))


def _shell(stack: str, machine: str, command: str | None) -> int:
    if stack not in running():
        raise LabError(f"no lab of {stack} runs. HINT: make lab STACK={stack}")
    names = [state.name for state in _states(stack)]
    if machine not in names:
        raise LabError(f"{machine!r} is not up in the lab of {stack}. HINT: {nearest(machine, names)}")
    terminal = [f"TERM={os.environ['TERM']}"] if "TERM" in os.environ else []
    words = ["bash", "-c", command] if command else ["bash", "--login"]
    line = [*enter(stack, machine), *terminal, "HOME=/root", *words]
    sys.stdout.flush()
    os.execvp(line[0], line)  # noqa: S606 -- the shell that was asked for


def _status() -> int:
    stacks = running()
    swept = sweep()
    if swept:
        print(f"Took away {swept} things that a lab had left which was killed.")
    if not stacks:
        print("No lab runs. HINT: make lab STACK=staging")
    for stack in stacks:
        print(f"{stack}")
        try:
            states = _states(stack)
        except LabError:
            print("has no machines yet, or no more")
        else:
            print("\n".join(table(states, stack, coloured=is_terminal(sys.stdout))))
    return EXIT_FINE


def _states(stack: str) -> list[MachineState]:
    (answer,) = ask(socket_of(stack), {"command": "status"})
    return [MachineState(**{**state, "phase": Phase(state["phase"])}) for state in answer["states"]]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description="Machines of a stack on this host.")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("up", help="boot machines and stay until Ctrl-C")
    start.add_argument("stack")
    start.add_argument("--machines", help="names, parted by commas; all if left out")
    change = commands.add_parser("apply", help="apply the stack file as it is now to the lab that runs")
    change.add_argument("stack")
    change.add_argument("--now", action="store_true", help="may interrupt services, as in the maintenance window")
    shell = commands.add_parser("shell", help="a root shell on a machine of the lab that runs")
    shell.add_argument("stack")
    shell.add_argument("machine")
    shell.add_argument("--command", dest="command_line", help="run this and come back")
    commands.add_parser("status", help="show the labs that run, and take away what killed ones left")
    return parser
