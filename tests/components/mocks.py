"""Components alone, tested as Pulumi's documentation teaches ("Unit testing"): `set_mocks`, `@pulumi.runtime.test`.

Each `tests/components/<system>/test_mocks.py` is written so:

* a function `build`, decorated with `@pulumi.runtime.test`, makes the component from typed settings
* `once(build)`, or `built(build, <other settings>)`, calls `pulumi.runtime.set_mocks` and `build`, and gives what was
  registered; the test looks at it with plain asserts
* a test of an output is decorated itself and returns `output.apply(check)`; the fixture `clouds` has called `set_mocks`

Registrations come late, so what is absent can be asserted only after the decorated function has returned. A `check`
asserts: a comparison that is returned would pass whatever it says. Mocks see type, name and inputs, and nothing of
parents, options or aliases (pulumi#14421); what they see is held against a capture in
tests/components/test_mocks_agree.py.
"""

import asyncio
import contextvars
import json
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NoReturn, TypeVar, cast

import pulumi
from pulumi.runtime.settings import set_root_resource

from capture import read_stack_file
from capture.loop import InlineLoop, lean_runtime
from capture.replies import reply
from capture.stack_file import read_project_name
from components.alerts import Alerts, AlertsArgs
from components.backup_vault import BackupVault, BackupVaultArgs
from components.component import StackContext
from components.dns import PublicZone, PublicZoneArgs
from components.machine_store import MachineStore, MachineStoreArgs
from components.network import AwsNetwork, AwsNetworkArgs, GcpNetwork, GcpNetworkArgs
from components.projects import PROJECT_NAMES
from components.runner_fleet import TierProject
from estate.providers import Providers, make_providers
from settings.parse import parse
from settings.stack import Settings
from settings.vocabulary import BUILD_PROJECTS, Trust
from tests.support import ROOT, STACK_FILES

Part = TypeVar("Part")

STACK = "staging"

SECRET_MARK = "4dabf18193072939515e22adb298388d"  # noqa: S105 -- a mark of Pulumi's wire protocol, no secret


@dataclass(frozen=True)
class Made:
    """One resource, with all that mocks are told of it."""

    type: str
    name: str
    inputs: Mapping[str, Any]


class Clouds(pulumi.runtime.Mocks):
    """Answers as both clouds would, and keeps what was asked for."""

    def __init__(self) -> None:
        self.made: list[Made] = []
        self._providers: dict[str, Mapping[str, Any]] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Id and outputs of a new resource: those that a capture invents, on top of the inputs."""
        inputs = cast("dict[str, Any]", args.inputs)
        self.made.append(Made(args.typ, args.name, inputs))
        if args.typ.startswith("pulumi:providers:"):
            self._providers[args.name] = inputs
        answer = reply(args.typ, args.name, inputs, self._providers.get(_name_of(args.provider or ""), {}))
        return answer.id, {**inputs, **answer.outputs}

    def call(self, args: pulumi.runtime.MockCallArgs) -> NoReturn:
        """Refuses: an empty answer would make every value of a data source None without a word."""
        raise AssertionError(f"the component asks a cloud ({args.token}); a preview without credentials cannot answer")

    def of_type(self, resource_type: str) -> list[Made]:
        """Every resource of a type token."""
        return [made for made in self.made if made.type == resource_type]

    def one(self, resource_type: str, name: str | None = None) -> Made:
        """The one resource of a type, or of a type and logical name."""
        (found,) = (made for made in self.of_type(resource_type) if name in (None, made.name))
        return found


def built(build: Callable[..., object], *args: object, **keywords: object) -> Clouds:
    """What a function that is decorated with `pulumi.runtime.test` registers."""
    with mocked_clouds() as clouds:
        build(*args, **keywords)
    return clouds


@cache
def once(build: Callable[[], object]) -> Clouds:
    """What such a function registers, built a single time for all tests that only look."""
    return built(build)


@contextmanager
def mocked_clouds() -> Generator[Clouds]:
    """Mocks for one test. Pulumi keeps its state in the process, so everything is as before when the test is over."""
    before = contextvars.copy_context()
    loop = _OneThreadLoop()
    asyncio.set_event_loop(loop)
    # Pulumi makes the root once in a process (pulumi#8280); without this a test would build below another one's.
    _forget_root()
    clouds = Clouds()
    pulumi.runtime.set_mocks(clouds, project=read_project_name(ROOT), stack=STACK, preview=False)
    try:
        with lean_runtime():
            yield clouds
    finally:
        loop.abandon()
        asyncio.set_event_loop(None)
        _forget_root()
        for variable, value in before.items():
            variable.set(value)


class _OneThreadLoop(InlineLoop):
    """Hands each request to one thread and waits, so that a test has one order.

    MockMonitor runs an event loop of its own for every request. In the loop's own thread that loop would run inside the
    first, deeper with each resource; in Pulumi's many threads it would be left open.
    """

    def __init__(self) -> None:
        super().__init__()
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._inner = asyncio.new_event_loop()
        self._thread.submit(asyncio.set_event_loop, self._inner).result()

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """Calls the function in the thread; the future that is returned is done."""
        context = contextvars.copy_context()
        return super().run_in_executor(executor, lambda: self._thread.submit(context.run, func, *args).result())

    def abandon(self) -> None:
        """Closes both loops and ends the thread."""
        super().abandon()
        self._thread.shutdown()
        self._inner.close()


@cache
def settings() -> Settings:
    """The typed settings of a real stack; a test changes what it needs with `model_copy(update=...)`."""
    config = read_stack_file(STACK_FILES, STACK).config
    return parse({key.removeprefix("packyard:"): json.loads(text) for key, text in config.items()}, STACK)


def context(*, protected: bool = True) -> StackContext:
    """What every component of the stack shares."""
    own = settings()
    return StackContext(
        stack=own.stack,
        name_prefix=own.estate.name_prefix,
        protected=protected,
        gcp_region=own.gcp.region,
        gcp_zone=own.gcp.zone,
        aws_region=own.aws.region,
        aws_account_id=own.aws.account_id,
    )


class Neighbours:
    """The components that a system is given; each is made when it is first asked for."""

    @cached_property
    def providers(self) -> Providers:
        """The doors to the clouds."""
        return make_providers(settings())

    @cached_property
    def testground(self) -> GcpNetwork:
        """The GCP network of single machines."""
        own = settings().network
        args = GcpNetworkArgs(cidr=own.gcp.testground, flow_logs=own.flow_logs)
        return GcpNetwork("testground", args, context(), gcp_provider=self.providers.testground)

    @cached_property
    def build_runners(self) -> dict[Trust, TierProject]:
        """The GCP projects of build runners."""
        own, ids = settings().network, settings().gcp.projects.ids()
        return {
            trust: TierProject(
                project_id=ids[project],
                provider=self.providers.projects[project],
                network=GcpNetwork(
                    PROJECT_NAMES[project],
                    GcpNetworkArgs(cidr=present(own.gcp.of_tier(trust)), flow_logs=own.flow_logs),
                    context(),
                    gcp_provider=self.providers.projects[project],
                ),
                alerts=self.alerts.for_project(project),
            )
            for trust, project in BUILD_PROJECTS.items()
            if project in ids
        }

    @cached_property
    def aws(self) -> AwsNetwork:
        """The AWS network."""
        own = settings()
        args = AwsNetworkArgs(
            settings=own.network.aws,
            availability_zones=own.aws.availability_zones,
            trusted_tiers=(Trust.PROTECTED, Trust.PUBLISH),
            flow_logs=own.network.flow_logs,
        )
        return AwsNetwork("aws", args, context(), aws_provider=self.providers.aws)

    @cached_property
    def zone(self) -> PublicZone:
        """The public zone."""
        args = PublicZoneArgs(domain=settings().dns.domain)
        return PublicZone("public-zone", args, context(), gcp_provider=self.providers.testground)

    @cached_property
    def store(self) -> MachineStore:
        """The store of documents and the bundle."""
        return MachineStore(
            "machine-store",
            MachineStoreArgs(machines=settings().machines),
            context(),
            gcp_provider=self.providers.testground,
            aws_provider=self.providers.aws,
        )

    @cached_property
    def alerts(self) -> Alerts:
        """Where alarms go."""
        args = AlertsArgs(
            addresses=settings().estate.alert_addresses,
            gcp_projects=self.providers.projects,
            pipelines=self.providers.pipelines,
        )
        return Alerts("alerts", args, context(), aws_provider=self.providers.aws)

    @cached_property
    def vault(self) -> BackupVault:
        """Where backups go."""
        return BackupVault(
            "backup-vault",
            BackupVaultArgs(settings=present(settings().backup_vault)),
            context(),
            aws_provider=self.providers.aws,
            gcp_provider=self.providers.testground,
        )


def present(part: Part | None) -> Part:
    """A section that a stack file may leave out, and that this stack has."""
    assert part is not None
    return part


def unsealed(value: Any) -> Any:
    """The value inside a secret, as Pulumi wraps it; any other value as it is."""
    return value["value"] if isinstance(value, dict) and SECRET_MARK in value else value  # pyright: ignore[reportUnknownVariableType]


def is_sealed(value: Any) -> bool:
    """Whether a value is a secret."""
    return isinstance(value, dict) and SECRET_MARK in value


def statements(policy: str) -> list[dict[str, Any]]:
    """The statements of a policy document."""
    return json.loads(policy)["Statement"]


def _name_of(reference: str) -> str:
    """The logical name in a reference to a provider, `<urn>::<id>`."""
    return reference.rpartition("::")[0].rpartition("::")[2]


def _forget_root() -> None:
    set_root_resource(None)  # pyright: ignore[reportArgumentType] -- None is what a fresh process has
