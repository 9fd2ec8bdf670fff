"""What makes a run in process quick: Pulumi's runtime is built for a network, and here there is none.

Each of these uses a documented setting of Python. Together they take a further stack from six milliseconds a resource
to two, and make that time grow with the number of resources rather than with its square.
"""

import asyncio
import gc
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

STACK_TRACE_FRAMES = 9
"""The innermost frames of a registration: six of the SDK, then the line of the program that is looked for."""

_frozen: list[bool] = []
"""Not empty once the SDKs are out of the collector's sight; gc.get_freeze_count would count a million objects."""


class InlineLoop(asyncio.SelectorEventLoop):
    """Calls the recorder at once, where Pulumi would hand each request to a thread; so every run has one order."""

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # noqa: ARG002
        """Calls the function now; the future that is returned is done."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def abandon(self) -> None:
        """Closes the loop and drops what a failed program left open, without a word on standard error."""
        self.set_exception_handler(lambda _loop, _context: None)
        tasks = asyncio.all_tasks(self)
        for task in tasks:
            task.cancel()
        if tasks:
            self.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.close()


async def settle() -> None:
    """Waits for every output, until no new one appears or one fails.

    Pulumi's own waiting, which follows, looks at every open output after each step, and so takes a time that grows with
    the square of the number of resources. It finds all of them done; a failure is left for it to report.
    """
    failed = False
    while not failed and (tasks := asyncio.all_tasks() - {asyncio.current_task()}):
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        failed = any(task.cancelled() or task.exception() is not None for task in done)


@contextmanager
def lean_runtime() -> Generator[None]:
    """No garbage collection and short stack traces while a program runs."""
    limit = getattr(sys, "tracebacklimit", None)
    collects = gc.isenabled()
    gc.disable()
    sys.tracebacklimit = STACK_TRACE_FRAMES
    try:
        yield
    finally:
        # The SDKs make a million objects that live as long as the process; searching them costs more than a whole run.
        if not _frozen:
            gc.freeze()
            _frozen.append(True)
        if collects:
            gc.enable()
        if limit is None:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = limit
