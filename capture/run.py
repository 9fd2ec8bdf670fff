"""Runs a Pulumi program in this process against the recording monitor."""

import asyncio
import contextvars
import os
import runpy
from pathlib import Path

import pulumi
from pulumi.runtime import mocks, run_in_stack, set_all_config
from pulumi.runtime.settings import Settings, configure, set_root_resource

from capture.loop import InlineLoop, lean_runtime, settle
from capture.monitor import Recorder, RecordingError
from capture.registration import Capture
from capture.stack_file import StackFile, read_project_name


class ProgramError(Exception):
    """The program refused its settings, or did what the engine would refuse; the text says what and where."""


def capture_stack(program_dir: Path, stack_file: StackFile, *, preview: bool = False) -> Capture:
    """Everything that the program registers for a stack.

    With `preview`, ids and outputs stay unknown, as for a stack that does not exist yet; without, they are invented.
    Many stacks can be captured one after the other in one process. Raises ProgramError and
    StackFileError.
    """
    project = read_project_name(program_dir)
    recorder = Recorder(project, stack_file.stack, program_dir, preview=preview)
    settings = Settings(
        project=project,
        stack=stack_file.stack,
        monitor=recorder,  # pyright: ignore[reportArgumentType] -- an object with the monitor's methods is accepted
        engine=mocks.MockEngine(None),  # pyright: ignore[reportArgumentType] -- the same
        dry_run=preview,
        organization="organization",
        root_directory=str(program_dir),
    )
    # A context of its own keeps configuration and settings of one stack out of the next.
    contextvars.copy_context().run(_run, program_dir, stack_file, settings)
    return Capture(project, stack_file.stack, preview, recorder.registrations(), recorder.invented())


def _run(program_dir: Path, stack_file: StackFile, settings: Settings) -> None:
    # Pulumi makes the root once in a process (pulumi#8280); without this the second stack would hang below the first.
    set_root_resource(None)  # pyright: ignore[reportArgumentType] -- None is what a fresh process has
    configure(settings)
    set_all_config(stack_file.config, list(stack_file.secret_keys))
    loop = InlineLoop()
    asyncio.set_event_loop(loop)
    working_dir = Path.cwd()
    os.chdir(program_dir)
    try:
        with lean_runtime():
            loop.run_until_complete(run_in_stack(lambda: _execute(program_dir)))
    except (pulumi.RunError, RecordingError) as error:
        raise ProgramError(str(error)) from None
    finally:
        os.chdir(working_dir)
        loop.abandon()
        asyncio.set_event_loop(None)


async def _execute(program_dir: Path) -> None:
    runpy.run_path(str(program_dir / "__main__.py"), run_name="__main__")
    await settle()
