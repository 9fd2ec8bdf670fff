"""The resource monitor that records: it stands where the engine would, and answers as the clouds would.

pulumi.runtime.Settings takes a monitor object in place of an address, so the whole request of every registration can be
kept (parent, options, secrets, source line), which Pulumi's own mocks throw away (pulumi#14421).
"""

import threading
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote, urlparse

from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import resource_pb2

from capture.registration import Registration, Value, leaves
from capture.replies import reply
from capture.urn import make_urn
from capture.wire import plain_struct, readable_inputs

SUPPORTED_FEATURES = [
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
]


class RecordingError(Exception):
    """A program did what the engine would refuse, or asked a cloud for something."""


class Recorder:
    """Records every registration. Methods carry the names of the monitor's protocol.

    In a preview run it answers without ids, as the engine does for resources that do not exist yet. With final values
    it invents ids and outputs; an output that nothing invents stays unknown, so that a missing one shows in the inputs
    that would have used it.
    """

    def __init__(self, project: str, stack: str, program_dir: Path, *, preview: bool) -> None:
        self._project = project
        self._stack = stack
        self._program_dir = str(program_dir)
        self._preview = preview
        self._lock = threading.Lock()
        self._requests: dict[str, Any] = {}
        self._inputs: dict[str, dict[str, Value]] = {}
        self._ids: dict[str, str] = {}
        self._outputs: dict[str, dict[str, Value]] = {}
        self._invented: dict[str, dict[str, str]] = {}

    def invented(self) -> dict[str, dict[str, str]]:
        """For each URN the values that no input holds, and the output that each stands for."""
        return self._invented

    def registrations(self) -> tuple[Registration, ...]:
        """Everything recorded so far, sorted by URN."""
        return tuple(self._registration(urn) for urn in sorted(self._requests))

    def RegisterResource(self, request: Any) -> resource_pb2.RegisterResourceResponse:  # noqa: N802 -- protocol name
        """Records one resource and answers with its URN, id and outputs."""
        urn = self._urn(request)
        with self._lock:
            if urn in self._requests:
                raise RecordingError(f"duplicate resource: {request.type} {request.name!r} is registered twice ({urn})")
            self._requests[urn] = request
            self._inputs[urn] = inputs = readable_inputs(request.type, request.object)
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        if self._preview:
            return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
        answer = reply(request.type, request.name, inputs, self._provider_inputs(request))
        self._ids[urn] = answer.id
        outputs = Struct()
        outputs.update(answer.outputs)
        self._invented[urn] = _invented_values(inputs, plain_struct(outputs) | {"id": answer.id})
        return resource_pb2.RegisterResourceResponse(urn=urn, id=answer.id, object=outputs, unknown=True)

    def RegisterResourceOutputs(self, request: Any) -> empty_pb2.Empty:  # noqa: N802 -- protocol name
        """Records the outputs of a component or of the stack."""
        self._outputs[request.urn] = plain_struct(request.outputs)
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> NoReturn:  # noqa: N802 -- protocol name
        """Refuses a data source."""
        raise RecordingError(f"the program asks a cloud ({request.tok}); a preview without credentials cannot answer")

    def Call(self, request: Any) -> NoReturn:  # noqa: N802 -- protocol name
        """Refuses a method of a resource."""
        raise RecordingError(f"the program asks a cloud ({request.tok}); a preview without credentials cannot answer")

    def ReadResource(self, request: Any) -> NoReturn:  # noqa: N802 -- protocol name
        """Refuses `Resource.get`."""
        raise RecordingError(f"the program reads {request.type} {request.name!r} from a cloud")

    def SupportsFeature(self, _request: Any) -> resource_pb2.SupportsFeatureResponse:  # noqa: N802 -- protocol name
        """The old way to ask what the monitor can do; GetDeploymentInfo answers."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=False)

    def GetDeploymentInfo(self, _request: Any) -> resource_pb2.DeploymentInfo:  # noqa: N802 -- protocol name
        """What the monitor can do."""
        return resource_pb2.DeploymentInfo(supportedFeatures=SUPPORTED_FEATURES)

    def SignalAndWaitForShutdown(self, _request: Any) -> empty_pb2.Empty:  # noqa: N802 -- protocol name
        """The end of the program; nothing is left to wait for."""
        return empty_pb2.Empty()

    def _urn(self, request: Any) -> str:
        return make_urn(self._stack, self._project, request.parent, request.type, request.name)

    def _alias_urn(self, spec: Any, request: Any) -> str:
        """The URN that an alias means: what it leaves out is as the resource has it now (the engine's own rule)."""
        parent = "" if spec.noParent else (spec.parentUrn or request.parent)
        return make_urn(
            spec.stack or self._stack,
            spec.project or self._project,
            parent,
            spec.type or request.type,
            spec.name or request.name,
        )

    def _provider_inputs(self, request: Any) -> dict[str, Value]:
        return self._inputs.get(request.provider.rpartition("::")[0], {})

    def _registration(self, urn: str) -> Registration:
        request = self._requests[urn]
        return Registration(
            urn=urn,
            type=request.type,
            name=request.name,
            custom=request.custom,
            inputs=self._inputs[urn],
            parent=request.parent,
            id=self._ids.get(urn, ""),
            outputs=self._outputs.get(urn, {}),
            provider=request.provider.rpartition("::")[0],
            version=request.version,
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
            delete_before_replace=request.deleteBeforeReplace,
            ignore_changes=tuple(request.ignoreChanges),
            replace_on_changes=tuple(request.replaceOnChanges),
            additional_secret_outputs=tuple(request.additionalSecretOutputs),
            aliases=tuple(alias.urn or self._alias_urn(alias.spec, request) for alias in request.aliases),
            dependencies=tuple(sorted(request.dependencies)),
            property_dependencies={
                key: tuple(sorted(value.urns)) for key, value in sorted(request.propertyDependencies.items())
            },
            import_id=request.importId,
            deleted_with=request.deletedWith,
            source=self._source(request),
        )

    def _source(self, request: Any) -> str:
        """The innermost frame of the program itself; frames of installed packages are skipped."""
        for frame in request.stackTrace.frames:
            file = unquote(urlparse(str(frame.pc.uri)).path)
            if file.startswith(self._program_dir) and "site-packages" not in file:
                return f"{file.removeprefix(self._program_dir).lstrip('/')}:{frame.pc.line}"
        return ""


def _invented_values(inputs: dict[str, Value], answered: dict[str, Value]) -> dict[str, str]:
    # The project of a GCP resource comes from its provider.
    given = {value for _, value in leaves(inputs) if isinstance(value, str)}
    return {
        value: path
        for path, value in leaves(answered)
        if isinstance(value, str) and path != "project" and value not in given
    }
