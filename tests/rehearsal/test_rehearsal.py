"""What the rehearsal decides without an engine: which CLI it takes, what it copies, what it refuses."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2

from capture.wire import SECRET_SIGNATURE, SIGNATURE_KEY
from policies.physical_names import Place, unique_name
from preview.difference import differences
from preview.engine_plan import Plan, PlannedStep
from preview.revision import RevisionError
from preview.text import change_text
from rehearsal.cli import main
from rehearsal.cli_binary import BUILT_VERSION, CliError, find_cli
from rehearsal.clouds import CloudResource, Failure, FailureKind, Operation, SimulatedClouds
from rehearsal.project_copy import copy_work_tree, without_encryption
from rehearsal.provider import SimulatedProvider
from rehearsal.refusals import refused_deletion, refused_inputs
from rehearsal.verdict import verdict
from tests.support import ROOT, stack_file_text

GIT = shutil.which("git") or ""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH and a cache in which there is nothing yet."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PACKYARD_CACHE", str(tmp_path / "cache"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def _cli(file: Path, version: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
    file.chmod(0o755)


@pytest.mark.usefixtures("path")
def test_without_a_cli_one_line_says_what_to_install() -> None:
    with pytest.raises(CliError, match=r"no Pulumi CLI. HINT: install .* or run `make pulumi`"):
        find_cli()


@pytest.mark.parametrize(
    ("version", "message"),
    [("v3.100.0", "too old"), ("v4.0.0", "newer than version 3"), ("what?", "says that its version is")],
)
def test_a_cli_that_does_not_fit_is_refused_with_a_hint(path: Path, version: str, message: str) -> None:
    _cli(path / "bin" / "pulumi", version)

    with pytest.raises(CliError, match=f"{message}.*HINT"):
        find_cli()


def test_a_cli_that_cannot_run_is_refused_with_a_hint(path: Path) -> None:
    (path / "bin" / "pulumi").write_bytes(b"\x00\x01")
    (path / "bin" / "pulumi").chmod(0o755)

    with pytest.raises(CliError, match=r"cannot be run .*HINT"):
        find_cli()


def test_a_built_cli_stands_in_for_one_that_does_not_fit(path: Path) -> None:
    _cli(path / "bin" / "pulumi", "v3.100.0")
    _cli(path / "cache" / f"pulumi-{BUILT_VERSION}" / "pulumi", f"v{BUILT_VERSION}")

    found = find_cli()

    assert found.path.is_relative_to(path / "cache")
    assert not found.has_python_host


def test_the_built_version_is_the_one_that_the_tools_module_pins() -> None:
    module = (ROOT / "rehearsal" / "pulumi_cli" / "go.mod").read_text(encoding="utf-8")

    assert f"github.com/pulumi/pulumi/pkg/v3 v{BUILT_VERSION}" in module


def test_a_copy_has_what_git_would_commit(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    subprocess.run(["git", "init", "-q", root], check=True)
    for name in ("kept.py", "ignored.py", "deleted.py"):
        (root / name).touch()
    (root / ".gitignore").write_text("ignored.py\n", encoding="utf-8")
    subprocess.run(["git", "-C", root, "add", "deleted.py"], check=True)
    (root / "deleted.py").unlink()

    copy_work_tree(root, tmp_path / "copy")

    assert {file.name for file in (tmp_path / "copy").iterdir()} - {".venv"} == {"kept.py", ".gitignore"}


def test_a_copy_without_git_says_that_it_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(RevisionError, match="git is not installed"):
        copy_work_tree(ROOT, tmp_path / "copy")


def test_what_another_backend_encrypted_leaves_the_copy(tmp_path: Path) -> None:
    document = {
        "secretsprovider": "gcpkms://example",
        "encryptedkey": "AAAA",
        "config": {"packyard:link": {"presharedKeys": [{"secure": "v1:one"}, {"secure": "v1:two"}]}},
    }
    file = tmp_path / "Pulumi.staging.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")

    placeholders = without_encryption(tmp_path, "staging")

    assert list(placeholders) == ["packyard:link.presharedKeys[0]", "packyard:link.presharedKeys[1]"]
    assert len(set(placeholders.values())) == 2
    assert "v1:" not in file.read_text(encoding="utf-8")
    assert set(yaml.safe_load(file.read_text(encoding="utf-8"))) == {"config"}


def test_a_stack_file_without_secrets_stays_to_the_letter(tmp_path: Path) -> None:
    text = stack_file_text("staging")
    (tmp_path / "Pulumi.staging.yaml").write_text(text, encoding="utf-8")

    assert without_encryption(tmp_path, "staging") == {}
    assert (tmp_path / "Pulumi.staging.yaml").read_text(encoding="utf-8") == text


def test_a_failure_happens_once_at_its_number() -> None:
    clouds = SimulatedClouds(failures=[Failure(Operation.CREATE, 2, FailureKind.REFUSED, "Bucket")])
    met = [clouds.failure_of(Operation.CREATE, kind) for kind in ("Bucket", "Disk", "Bucket", "Bucket")]

    assert met == [None, None, FailureKind.REFUSED, None]


def test_a_name_is_taken_once_in_its_place_and_a_bucket_everywhere() -> None:
    disk, bucket = "gcp:compute/disk:Disk", "gcp:storage/bucket:Bucket"

    one, two, inputs = Place("one", "us-east1"), Place("two", "us-east1"), {"name": "a", "zone": "z"}

    assert unique_name(disk, inputs, one) == unique_name(disk, inputs, one)
    assert unique_name(disk, inputs, one) != unique_name(disk, inputs, two)
    assert unique_name(bucket, {"name": "a"}, one) == unique_name(bucket, {"name": "a"}, two)
    assert unique_name(disk, {"zone": "z"}, one) == ()


@pytest.mark.parametrize(
    ("kind", "window", "is_kept"),
    [
        ("gcp:iam/workloadIdentityPool:WorkloadIdentityPool", None, True),
        ("aws:secretsmanager/secret:Secret", 30, True),
        ("aws:secretsmanager/secret:Secret", 0, False),
        ("gcp:compute/disk:Disk", None, False),
    ],
)
def test_some_names_stay_taken_after_a_deletion(kind: str, window: int | None, *, is_kept: bool) -> None:
    clouds, properties = SimulatedClouds(), Struct()
    properties.update({} if window is None else {"recoveryWindowInDays": window})
    clouds.resources["id"] = CloudResource(kind, "id", properties, (kind, "place", "name"))

    clouds.delete("id")

    assert not clouds.resources
    assert clouds.kept_names == ({(kind, "place", "name")} if is_kept else set())
    assert SimulatedClouds.of(clouds.document()).kept_names == clouds.kept_names


def test_clouds_can_be_written_and_read() -> None:
    clouds = SimulatedClouds()
    properties = Struct()
    properties.update({"size": 10, "labels": {"a": "b"}})
    clouds.resources["id"] = CloudResource("gcp:compute/disk:Disk", "id", properties, ("gcp", "a"))

    assert SimulatedClouds.of(clouds.document()).resources == clouds.resources


@pytest.mark.parametrize(
    ("kind", "inputs", "property_name"),
    [
        ("aws:s3/bucket:Bucket", {"bucket": "Not_Allowed"}, "bucket"),
        ("gcp:storage/bucket:Bucket", {"name": "no"}, "name"),
        ("aws:ec2/securityGroup:SecurityGroup", {"name": "sg-mine"}, "name"),
        ("aws:ec2/launchTemplate:LaunchTemplate", {"userData": "#!/bin/sh"}, "userData"),
        ("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 15}, "retentionInDays"),
        ("aws:kms/key:Key", {"deletionWindowInDays": 3}, "deletionWindowInDays"),
        ("aws:autoscaling/group:Group", {"minSize": 3, "maxSize": 2}, "minSize"),
    ],
)
def test_what_a_cloud_would_refuse_is_refused(kind: str, inputs: dict[str, str | int], property_name: str) -> None:
    assert [refusal.property for refusal in refused_inputs(kind, "name", inputs)] == [property_name]
    assert list(refused_inputs(kind, "name", {})) == []


DOCUMENT = "urn:pulumi:staging::packyard::gcp:storage/bucketObject:BucketObject::pg-a-document"


def _masked_plan() -> Plan:
    """An update of a machine document, as the engine tells it: the SDK marks its content as secret."""
    state = {"urn": DOCUMENT, "type": "gcp:storage/bucketObject:BucketObject", "custom": True}
    inputs = {"name": "document.json", "content": "[secret]"}
    side = {**state, "inputs": inputs}
    return Plan((PlannedStep("update", DOCUMENT, side, side, differing=("content",), replacing=()),), (), {})


def _compared(old: str, new: str) -> SimulatedClouds:
    """What a provider was asked to compare."""
    clouds = SimulatedClouds()
    sides = [Struct(), Struct()]
    for side, content in zip(sides, (old, new), strict=True):
        side.update({"name": "document.json", "content": {SIGNATURE_KEY: SECRET_SIGNATURE, "value": content}})
    request = provider_pb2.DiffRequest(
        urn=DOCUMENT, type="gcp:storage/bucketObject:BucketObject", name="pg-a", old_inputs=sides[0], news=sides[1]
    )
    SimulatedProvider("gcp", "1.0.0", clouds, lambda: None).Diff(request, None)
    return clouds


def test_a_changed_document_is_told_field_by_field_as_in_the_preview() -> None:
    old, new = (json.dumps({"settings": {"port": port, "host": "a"}}) for port in (1, 2))

    (change,) = verdict(_masked_plan(), _compared(old, new).compared).changes

    assert change.properties == tuple(differences({"content": old}, {"content": new}))
    assert [(found.path, found.old, found.new) for found in change.properties] == [("content.settings.port", 1, 2)]


@pytest.mark.parametrize("sides", [("token=glrt-0123456789abcdefghij", "{}"), ("{}", "glrt-0123456789abcdefghij")])
def test_a_document_that_holds_a_secret_stays_masked(sides: tuple[str, str]) -> None:
    (change,) = verdict(_masked_plan(), _compared(*sides).compared).changes

    assert change.properties
    assert "glrt" not in "".join(change_text(found, 400) for found in change.properties)


def test_what_no_provider_compared_stays_masked() -> None:
    (change,) = verdict(_masked_plan()).changes

    assert [change_text(found, 80) for found in change.properties] == ["content: [secret] → [secret]"]


@pytest.mark.parametrize(
    "switch", [{"deletionProtection": True}, {"disableApiTermination": True}, {"deletionPolicy": "PREVENT"}]
)
def test_a_protected_resource_is_not_deleted(switch: dict[str, bool | str]) -> None:
    assert refused_deletion("any", switch)
    assert not refused_deletion("any", dict.fromkeys(switch, False))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-stack"], "no such stack. HINT"),
        (["staging", "--against", "no-such-revision"], "no such revision. HINT"),
        (["staging", "--unknown"], "HINT: --help"),
    ],
)
def test_a_command_that_cannot_be_run_ends_with_1_and_a_hint(
    path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    _cli(path / "cache" / f"pulumi-{BUILT_VERSION}" / "pulumi", f"v{BUILT_VERSION}")
    (path / "bin" / "git").symlink_to(GIT)

    try:
        status = main(arguments)
    except SystemExit as error:
        status = error.code

    assert status == 1
    assert message in capsys.readouterr().err
