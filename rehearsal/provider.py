"""A simulated cloud provider for the Pulumi engine: it keeps what is created, and refuses what the real one refuses.

Outputs are invented by the same table as in a capture (capture.replies), and replacements follow the same reviewed
table as the preview (preview.replacements), so that a difference between preview and engine is a difference in
behaviour, not in what the two were told.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from dataclasses import replace
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from capture.registration import Registration, Value
from capture.replies import OutputValue, reply
from capture.wire import SECRET_BY_SDK, plain_struct, readable_inputs
from policies.physical_names import KEPT_DAYS, UNIQUE_NAMES, Place, unique_name
from preview.difference import PropertyChange, differences
from preview.replacements import PLACED_BY, forces_replacement
from rehearsal.clouds import Call, CloudResource, FailureKind, Operation, SimulatedClouds
from rehearsal.language_host import ANY_SIZE
from rehearsal.refusals import refused_deletion, refused_inputs

WORKERS = 32
"""Calls at a time; the engine sends no more than twice the number of processors, and 16 at least."""

MESSAGES = {
    FailureKind.REFUSED: (grpc.StatusCode.INVALID_ARGUMENT, "the cloud refused the request (simulated)"),
    FailureKind.THROTTLED: (grpc.StatusCode.RESOURCE_EXHAUSTED, "too many requests (simulated)"),
    FailureKind.TIMED_OUT: (grpc.StatusCode.DEADLINE_EXCEEDED, "the cloud did not answer in time (simulated)"),
    FailureKind.CRASH: (grpc.StatusCode.UNAVAILABLE, "the provider died (simulated)"),
}


UNTOLD_PLACE = "the provider was not configured on this connection (a fault of the rehearsal)"


class SimulatedProvider(provider_pb2_grpc.ResourceProviderServicer):
    """One package ("aws" or "gcp") of the simulated clouds. Methods carry the names of the protocol.

    One instance serves every provider resource of its package. The engine opens a connection for each, so the address
    of the caller tells which account or project is meant; the requests themselves do not say.
    """

    def __init__(self, package: str, version: str, clouds: SimulatedClouds, die: Callable[[], None]) -> None:
        self._package = package
        self._version = version
        self._clouds = clouds
        self._die = die
        self._configurations: dict[str, Mapping[str, Value]] = {}

    def Handshake(self, request: Any, context: Any) -> provider_pb2.ProviderHandshakeResponse:
        """Secrets stay marked as such on their way through."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=False, accept_outputs=False)

    def Attach(self, request: Any, context: Any) -> empty_pb2.Empty:
        """The engine says where it is; nothing is asked of it."""
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        """The version of the SDK that this provider stands for."""
        return plugin_pb2.PluginInfo(version=self._version)

    def GetSchema(self, request: Any, context: Any) -> provider_pb2.GetSchemaResponse:
        """A schema without resources; the engine asks for the name alone."""
        return provider_pb2.GetSchemaResponse(schema=f'{{"name": "{self._package}", "version": "{self._version}"}}')

    def GetMapping(self, request: Any, context: Any) -> provider_pb2.GetMappingResponse:
        """Nothing to convert."""
        return provider_pb2.GetMappingResponse()

    def GetMappings(self, request: Any, context: Any) -> provider_pb2.GetMappingsResponse:
        """Nothing to convert."""
        return provider_pb2.GetMappingsResponse()

    def CheckConfig(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        """Accepts every provider configuration."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        """A provider that changes is never replaced, as with the real ones: its resources are judged one by one."""
        changed = [change.path for change in differences(plain_struct(request.old_inputs), plain_struct(request.news))]
        return _diff_response(changed, [])

    def Configure(self, request: Any, context: Any) -> provider_pb2.ConfigureResponse:
        """Keeps account, project and region for invented ids."""
        self._configurations[context.peer()] = plain_struct(request.args)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        """Refuses inputs that the API would refuse."""
        failures = [
            provider_pb2.CheckFailure(property=refusal.property, reason=refusal.reason)
            for refusal in refused_inputs(request.type, request.name, plain_struct(request.news))
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def Diff(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        """What differs, and which of it can only be had by a new resource."""
        changes = list(_changes(request))
        if request.type in SECRET_BY_SDK:
            old, new = (readable_inputs(request.type, inputs) for inputs in (request.old_inputs, request.news))
            with self._clouds.lock:
                self._clouds.compared[request.urn] = old, new
        registration = _registration(request, plain_struct(request.news))
        moved = self._moved(request, context)
        replacing = [change.path for change in changes if forces_replacement(registration, change)]
        return _diff_response([*(change.path for change in changes), *moved], [*replacing, *moved])

    def Create(self, request: Any, context: Any) -> provider_pb2.CreateResponse:
        """Makes a resource, or in a preview says what is known of it."""
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        failure = self._clouds.failure_of(Operation.CREATE, request.type)
        if failure is not None and failure is not FailureKind.TIMED_OUT:
            self._fail(failure, context)
        configuration = self._configuration(context)
        inputs = plain_struct(request.properties)
        answer = reply(request.type, request.name, inputs, configuration)
        name = _exclusive_name(request.type, inputs, configuration)
        with self._clouds.lock:
            if self._clouds.named(name) is not None or name in self._clouds.kept_names:
                days = KEPT_DAYS.get(request.type, 0) if name in self._clouds.kept_names else 0
                gone = f", deleted less than {days} days ago" if days else ""
                context.abort(grpc.StatusCode.ALREADY_EXISTS, f"{UNIQUE_NAMES[request.type].error}: {name[2]}{gone}")
            identifier = self._free_id(answer.id)
            properties = _with_outputs(request.properties, answer.outputs)
            given = frozenset(request.properties.fields)
            place = _place(request.type, configuration)
            made = CloudResource(request.type, identifier, properties, name, given=given, place=place)
            self._clouds.resources[identifier] = made
            self._clouds.calls.append(Call(Operation.CREATE, request.urn, identifier))
        if failure is FailureKind.TIMED_OUT:
            self._fail(failure, context)
        return provider_pb2.CreateResponse(id=identifier, properties=properties)

    def Read(self, request: Any, context: Any) -> provider_pb2.ReadResponse:
        """What the cloud holds now; an empty answer says that the resource is gone."""
        if failure := self._clouds.failure_of(Operation.READ, request.type):
            self._fail(failure, context)
        with self._clouds.lock:
            found = self._clouds.resources.get(request.id)
        if found is None:
            return provider_pb2.ReadResponse()
        # Who imports a resource has no inputs of it yet.
        asked = set(request.inputs) or found.given
        inputs = Struct()
        inputs.update({key: found.properties[key] for key in asked if key in found.properties})
        return provider_pb2.ReadResponse(id=request.id, properties=found.properties, inputs=inputs)

    def Update(self, request: Any, context: Any) -> provider_pb2.UpdateResponse:
        """Changes a resource in place."""
        properties = Struct()
        properties.CopyFrom(request.news)
        for key, value in request.olds.fields.items():
            # Outputs stay; an input that the program gives no more goes.
            if key not in request.news.fields and key not in request.old_inputs.fields:
                properties.fields[key].CopyFrom(value)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=properties)
        if failure := self._clouds.failure_of(Operation.UPDATE, request.type):
            self._fail(failure, context)
        with self._clouds.lock:
            if request.id not in self._clouds.resources:
                context.abort(grpc.StatusCode.NOT_FOUND, f"{request.type} {request.id} does not exist")
            known, given = self._clouds.resources[request.id], frozenset(request.news.fields)
            self._clouds.resources[request.id] = replace(known, properties=properties, given=given)
            self._clouds.calls.append(Call(Operation.UPDATE, request.urn, request.id))
        return provider_pb2.UpdateResponse(properties=properties)

    def Delete(self, request: Any, context: Any) -> empty_pb2.Empty:
        """Deletes a resource, unless its own deletion protection is on."""
        if failure := self._clouds.failure_of(Operation.DELETE, request.type):
            self._fail(failure, context)
        if reason := refused_deletion(request.type, plain_struct(request.properties)):
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, reason)
        with self._clouds.lock:
            self._clouds.delete(request.id)
            self._clouds.calls.append(Call(Operation.DELETE, request.urn, request.id))
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> NoReturn:
        """The program asks no cloud for anything."""
        context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{request.tok}: the program must not ask a cloud")
        raise AssertionError

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        """Calls are short; there is nothing to cancel."""
        return empty_pb2.Empty()

    def _configuration(self, context: Any) -> Mapping[str, Value]:
        configuration = self._configurations.get(context.peer())
        if configuration is None:
            # An id of an unknown project would be wrong without anybody seeing it.
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, UNTOLD_PLACE)
            raise AssertionError
        return configuration

    def _moved(self, request: Any, context: Any) -> list[str]:
        """What of its provider puts a resource elsewhere now than where it was made."""
        with self._clouds.lock:
            found = self._clouds.resources.get(request.id)
        if found is None or not found.place:
            return []
        now, own = _place(request.type, self._configuration(context)), request.news.fields
        return [key for key, value in now.items() if key not in own and found.place.get(key) != value]

    def _free_id(self, wanted: str) -> str:
        """A replacement exists beside the old resource for a while, so it needs an id of its own."""
        identifier, number = wanted, 1
        while identifier in self._clouds.resources:
            number += 1
            identifier = f"{wanted}-{number}"
        return identifier

    def _fail(self, kind: FailureKind, context: Any) -> NoReturn:
        if kind is FailureKind.CRASH:
            self._die()
        context.abort(*MESSAGES[kind])
        raise AssertionError


def _exclusive_name(kind: str, inputs: Mapping[str, Value], configuration: Mapping[str, Value]) -> tuple[str, ...]:
    """The name that a second resource is refused for; none where the cloud overwrites in silence."""
    rule = UNIQUE_NAMES.get(kind)
    return unique_name(kind, inputs, Place.of(configuration)) if rule is not None and rule.error else ()


def _place(kind: str, configuration: Mapping[str, Value]) -> dict[str, Value]:
    return {key: configuration.get(key) for key in PLACED_BY.get(kind.partition(":")[0], ())}


def _with_outputs(inputs: Struct, outputs: Mapping[str, OutputValue]) -> Struct:
    properties = Struct()
    properties.CopyFrom(inputs)
    properties.update({key: value for key, value in outputs.items() if key not in inputs.fields})
    return properties


def _changes(request: Any) -> Iterator[PropertyChange]:
    yield from differences(plain_struct(request.old_inputs), plain_struct(request.news))


def _registration(request: Any, inputs: Mapping[str, Value]) -> Registration:
    return Registration(urn=request.urn, type=request.type, name=request.name, custom=True, inputs=inputs)


def _diff_response(changed: list[str], replacing: list[str]) -> provider_pb2.DiffResponse:
    def roots(paths: list[str]) -> list[str]:
        return sorted({path.partition(".")[0].partition("[")[0] for path in paths})

    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=roots(changed),
        replaces=roots(replacing),
    )


class ProviderServers:
    """Both simulated providers, each on a port of its own; one that died can be started again."""

    def __init__(self, versions: Mapping[str, str], clouds: SimulatedClouds) -> None:
        self._versions = versions
        self._clouds = clouds
        self._servers: dict[str, grpc.Server] = {}
        self._ports: dict[str, int] = {}
        self.dead: set[str] = set()
        """Packages whose provider died in the last command."""
        for package in versions:
            self._serve(package)

    @property
    def addresses(self) -> str:
        """As PULUMI_DEBUG_PROVIDERS takes them."""
        return ",".join(f"{package}:{port}" for package, port in self._ports.items())

    def revive(self) -> None:
        """Starts again what died."""
        for package in sorted(self.dead):
            self._serve(package)
        self.dead.clear()

    def stop(self) -> None:
        """Ends all of them."""
        for server in self._servers.values():
            server.stop(grace=None)

    def _serve(self, package: str) -> None:
        server = grpc.server(futures.ThreadPoolExecutor(max_workers=WORKERS), options=ANY_SIZE)
        provider = SimulatedProvider(package, self._versions[package], self._clouds, lambda: self._die(package))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
        self._ports[package] = server.add_insecure_port("127.0.0.1:0")
        self._servers[package] = server
        server.start()

    def _die(self, package: str) -> None:
        self.dead.add(package)
        self._servers[package].stop(grace=None)
