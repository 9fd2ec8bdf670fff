"""The child interpreter of the language host: reads an order from standard input, runs `__main__.py` for the engine.

It is started as a file, not as a module, because the program that it runs may be another revision of this repository,
whose packages carry the same names. So it shares no code with the recorder (capture.loop), which has the same haste.
"""

import asyncio
import gc
import json
import runpy
import sys
from typing import Any

import grpc
import pulumi
from pulumi.runtime import run_in_stack, set_all_config
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc
from pulumi.runtime.settings import Settings, configure

STACK_TRACE_FRAMES = 20
"""The innermost frames of a registration, among which the engine finds the line of the program."""

MESSAGE_LIMIT = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


class QuietEngine:
    """The engine without the debug messages: the SDK would wait for each, several for a resource."""

    def __init__(self, address: str) -> None:
        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address, options=MESSAGE_LIMIT))

    def __getattr__(self, name: str) -> Any:
        """Every other method is the engine's own."""
        return getattr(self._stub, name)

    def Log(self, request: Any) -> Any:  # noqa: N802 -- protocol name
        """Passes on what an operator should see."""
        return None if request.severity == engine_pb2.DEBUG else self._stub.Log(request)


def main() -> int:
    """Runs the program; the exit status is 0 where it registered everything."""
    # The process ends in seconds, and searching the million objects of the SDKs for garbage takes as long as a run.
    gc.disable()
    sys.tracebacklimit = STACK_TRACE_FRAMES
    order: dict[str, Any] = json.load(sys.stdin)
    program_dir: str = order["program_dir"]
    # What python puts first is the folder of this file, where the rehearsal's modules lie.
    sys.path[0] = program_dir
    set_all_config(order["config"], order["secret_keys"])
    configure(
        Settings(
            monitor=order["monitor"],
            engine=QuietEngine(order["engine"]),  # pyright: ignore[reportArgumentType] -- an object with its methods
            project=order["project"],
            stack=order["stack"],
            organization=order["organization"],
            parallel=order["parallel"],
            dry_run=order["dry_run"],
            root_directory=program_dir,
        )
    )
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(run_in_stack(lambda: _execute(program_dir)))
    except pulumi.RunError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    finally:
        loop.close()
    return 0


async def _execute(program_dir: str) -> None:
    runpy.run_path(f"{program_dir}/__main__.py", run_name="__main__")
    await _settle()


async def _settle() -> None:
    """Waits for every output until no new one appears; Pulumi's own waiting looks at all of them after each step."""
    failed = False
    while not failed and (tasks := asyncio.all_tasks() - {asyncio.current_task()}):
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        failed = any(task.cancelled() or task.exception() is not None for task in done)


if __name__ == "__main__":
    sys.exit(main())
