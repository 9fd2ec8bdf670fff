"""The real Pulumi engine on simulated clouds: one state, one set of servers, many commands."""

import json
import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from capture.stack_file import read_yaml
from preview.engine_plan import Plan, read_plan
from rehearsal.cli_binary import PulumiCli, find_cli
from rehearsal.clouds import SimulatedClouds
from rehearsal.language_host import serve_language_host
from rehearsal.project_copy import without_encryption
from rehearsal.provider import ProviderServers

PASSPHRASE = "rehearsal"  # noqa: S105 -- guards placeholders in a temporary state, nothing else

TIMEOUT_SECONDS = 300
"""No command of a rehearsal takes longer; an engine that waits for ever must not hold the pipeline."""

TIMED_OUT = 124
"""Exit code of a command that was ended for that, as of timeout(1)."""

PACKAGES = {"aws": "pulumi-aws", "gcp": "pulumi-gcp"}

QUIETLY = ("--yes", "--color=never")

NO_CHECKPOINTS = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}

SALT = "encryptionsalt"
"""Under which the CLI keeps in the stack file how its secrets are encrypted with the passphrase."""


@dataclass(frozen=True)
class Outcome:
    """A finished command of the CLI."""

    command: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str
    dead_providers: tuple[str, ...] = ()
    """Packages whose provider died during the command."""

    @property
    def document(self) -> dict[str, Any]:
        """Standard output as JSON, for commands that were asked for it."""
        return json.loads(self.stdout)

    @property
    def plan(self) -> Plan:
        """The plan of a preview. Raises AnswerError."""
        return read_plan(self.stdout)

    @property
    def said(self) -> str:
        """Everything that it printed."""
        return f"{self.stdout}\n{self.stderr}"


class CommandError(Exception):
    """A command of the CLI that should have worked."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(f"pulumi {' '.join(outcome.command)}: exit code {outcome.exit_code}\n{outcome.said.strip()}")
        self.outcome = outcome


@dataclass(frozen=True)
class Engine:
    """One stack of one project folder on the real engine. Make it with `running_engine`."""

    cli: PulumiCli
    project: Path
    """A copy of the project; the CLI writes into it."""
    stack: str
    clouds: SimulatedClouds
    providers: ProviderServers
    environment: dict[str, str]

    def run(self, *arguments: str, stdin: str = "") -> Outcome:
        """Any command of the CLI, without questions. A provider that died is started again before it."""
        self.providers.revive()
        try:
            finished = subprocess.run(  # noqa: S603 -- the CLI
                (self.cli.path, *arguments, "--non-interactive", "--cwd", str(self.project)),
                env={**self.environment, "PULUMI_DEBUG_PROVIDERS": self.providers.addresses},
                input=stdin,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Outcome(arguments, TIMED_OUT, "", f"error: no end after {TIMEOUT_SECONDS} seconds")
        dead = tuple(sorted(self.providers.dead))
        return Outcome(arguments, finished.returncode, finished.stdout, finished.stderr, dead)

    def preview(self, *arguments: str) -> Outcome:
        """The engine's own plan, as JSON, with the resources that stay as they are."""
        return self.run("preview", "--stack", self.stack, "--json", "--show-sames", *arguments)

    def up(self, *arguments: str) -> Outcome:
        """Brings the simulated clouds to what the program says, without a preview before."""
        return self.run("up", "--stack", self.stack, *QUIETLY, "--skip-preview", *arguments)

    def refresh(self, *arguments: str) -> Outcome:
        """Reads the simulated clouds back into the state."""
        return self.run("refresh", "--stack", self.stack, *QUIETLY, "--skip-preview", *arguments)

    def destroy(self, *arguments: str) -> Outcome:
        """Deletes everything, after a preview, as `pulumi destroy` does unless it is told not to."""
        return self.run("destroy", "--stack", self.stack, *QUIETLY, *arguments)

    def state(self) -> dict[str, Any]:
        """The state as the engine keeps it, secrets encrypted."""
        return succeeded(self.run("stack", "export", "--stack", self.stack)).document

    def on(self, project: Path) -> "Engine":
        """The same state and clouds with another copy of the project. Raises CommandError and StackFileError."""
        other = replace(self, project=project)
        salt = cast("dict[str, Any]", read_yaml(self._stack_file)).get(SALT, "")
        other.open_stack_file(salt)
        return other

    def init(self) -> None:
        """Makes the stack, unless the state has it already. Raises CommandError and StackFileError."""
        listed: Any = json.loads(succeeded(self.run("stack", "ls", "--json")).stdout)
        if self.stack in (entry["name"].rpartition("/")[2] for entry in listed):
            return
        without_encryption(self.project, self.stack)
        succeeded(self.run("stack", "init", self.stack))
        self.open_stack_file("")

    def open_stack_file(self, salt: str) -> None:
        """Makes the copy's stack file readable for the state; secure values become placeholders.

        Raises CommandError and StackFileError.
        """
        placeholders = without_encryption(self.project, self.stack)
        if salt:
            with self._stack_file.open("a", encoding="utf-8") as file:
                file.write(f"\n{SALT}: {salt}\n")
        for place, value in placeholders.items():
            command = ("config", "set", "--stack", self.stack, "--secret", "--path", place)
            succeeded(self.run(*command, stdin=value))

    @property
    def _stack_file(self) -> Path:
        return self.project / f"Pulumi.{self.stack}.yaml"


def succeeded(outcome: Outcome) -> Outcome:
    """The outcome itself. Raises CommandError where the command failed."""
    if outcome.exit_code != 0:
        raise CommandError(outcome)
    return outcome


@contextmanager
def running_engine(
    project: Path, stack: str, work_dir: Path, clouds: SimulatedClouds | None = None, *, checkpoints: bool = True
) -> Generator[Engine]:
    """An engine for a copy of the project, with its state below `work_dir`. Servers stop at the end.

    Without checkpoints the state is written at the end of a command alone, not after every step: with 500 resources an
    up takes a quarter of the time, and only an engine that is killed loses what it did.

    Raises rehearsal.cli_binary.CliError, CommandError and capture.StackFileError.
    """
    cli = find_cli()
    host, host_port = serve_language_host()
    clouds = clouds or SimulatedClouds()
    providers = ProviderServers({package: version(wheel) for package, wheel in PACKAGES.items()}, clouds)
    environment = _environment(work_dir) | ({} if checkpoints else NO_CHECKPOINTS)
    if not cli.has_python_host:
        environment["PULUMI_DEBUG_LANGUAGES"] = f"python:{host_port}"
    engine = Engine(cli, project, stack, clouds, providers, environment=environment)
    try:
        engine.init()
        yield engine
    finally:
        host.stop(grace=None)
        providers.stop()


def _environment(work_dir: Path) -> dict[str, str]:
    """Nothing of the caller's Pulumi or cloud configuration reaches the rehearsal but a passphrase."""
    for name in ("state", "home"):
        (work_dir / name).mkdir(parents=True, exist_ok=True)
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
    return {
        **kept,
        "PULUMI_BACKEND_URL": f"file://{work_dir / 'state'}",
        "PULUMI_HOME": str(work_dir / "home"),
        "PULUMI_CONFIG_PASSPHRASE": os.environ.get("PULUMI_CONFIG_PASSPHRASE") or PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
