"""A Python language host for the Pulumi engine.

The official host comes with the CLI's download and cannot be built from the Go module proxy. The engine attaches to
this one over gRPC where `PULUMI_DEBUG_LANGUAGES=python:PORT` is set. It answers what the engine asks before a run, and
runs the program in a child interpreter.
"""

import json
import subprocess
import sys
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

CHILD = Path(__file__).with_name("program_child.py")

ANY_SIZE = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs Python programs for one engine. Methods carry the names of the protocol."""

    def __init__(self) -> None:
        self._engine_address = ""

    def Handshake(self, request: Any, context: Any) -> language_pb2.LanguageHandshakeResponse:
        """Keeps the address of the engine, which a run has to be told."""
        self._engine_address = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        """The version of the host."""
        return plugin_pb2.PluginInfo(version="1.0.0")

    def GetRequiredPlugins(self, request: Any, context: Any) -> language_pb2.GetRequiredPluginsResponse:
        """No plugin has to be installed: the simulated ones are attached."""
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, request: Any, context: Any) -> language_pb2.GetRequiredPackagesResponse:
        """No package has to be installed."""
        return language_pb2.GetRequiredPackagesResponse()

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> language_pb2.RuntimeOptionsResponse:
        """Nothing is asked of the operator."""
        return language_pb2.RuntimeOptionsResponse()

    def About(self, request: Any, context: Any) -> language_pb2.AboutResponse:
        """The interpreter that runs programs."""
        return language_pb2.AboutResponse(executable=sys.executable, version=sys.version.split()[0])

    def GetProgramDependencies(self, request: Any, context: Any) -> language_pb2.GetProgramDependenciesResponse:
        """Dependencies are in the requirements files; the engine only prints them."""
        return language_pb2.GetProgramDependenciesResponse()

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        """Comes more than once in a command, even before a run, so it ends nothing: the end of the call does."""
        return empty_pb2.Empty()

    def Run(self, request: Any, context: Any) -> language_pb2.RunResponse:
        """Runs the program; its standard error becomes the diagnostics of a failure."""
        order = {
            "program_dir": request.info.program_directory,
            "monitor": request.monitor_address,
            "engine": self._engine_address,
            "project": request.project,
            "stack": request.stack,
            "organization": request.organization,
            "parallel": request.parallel,
            "dry_run": request.dryRun,
            "config": dict(request.config),
            "secret_keys": list(request.configSecretKeys),
        }
        child = subprocess.Popen(  # noqa: S603 -- this interpreter
            [sys.executable, str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=request.info.program_directory,
            text=True,
        )
        # Where the engine gives up (a duplicate URN, say), the child would wait for it for ever.
        context.add_callback(child.kill)
        output, _ = child.communicate(json.dumps(order))
        if child.returncode == 0:
            return language_pb2.RunResponse()
        return language_pb2.RunResponse(error=output.strip() or f"the program ended with {child.returncode}")


def serve_language_host() -> tuple[grpc.Server, int]:
    """A running host and its port on loopback. Stop it with `server.stop`."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), options=ANY_SIZE)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
