"""The machine bundle: the same files give the same bytes, and only what a machine needs."""

import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest

from components.machine_store.bundle import archive, machine_bundle
from tests.support import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "roles" / "base").mkdir(parents=True)
    (tmp_path / "roles" / "base" / "main.yml").write_text("---\n")
    (tmp_path / "run.py").write_text("print()\n")
    return tmp_path


def members(content: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {member.name: member for member in tar.getmembers()}


def test_the_same_files_give_the_same_bytes_on_another_computer(folder: Path, tmp_path: Path) -> None:
    before = archive(folder)
    copy = tmp_path / "copy"
    # Written in another order, at another time, with another umask.
    (copy / "roles" / "base").mkdir(parents=True)
    (copy / "run.py").write_text("print()\n")
    (copy / "roles" / "base" / "main.yml").write_text("---\n")
    for file in copy.rglob("*.*"):
        file.chmod(0o600)
        os.utime(file, (1, 1))

    assert archive(copy) == before


@pytest.mark.parametrize("change", ["content", "name", "executable"])
def test_another_file_gives_another_bundle(folder: Path, change: str) -> None:
    before = archive(folder)
    file = folder / "run.py"
    match change:
        case "content":
            file.write_text("print(1)\n")
        case "name":
            file.rename(folder / "ran.py")
        case _:
            file.chmod(0o755)

    assert archive(folder) != before


def test_what_a_machine_does_not_need_stays_out(folder: Path) -> None:
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "run.cpython-311.pyc").write_bytes(b"x")

    assert set(members(archive(folder))) == {"run.py", "roles/base/main.yml"}


def test_nothing_in_a_bundle_belongs_to_a_user_of_the_computer_that_made_it(folder: Path) -> None:
    for member in members(archive(folder)).values():
        assert (member.uid, member.gid, member.uname, member.gname, member.mtime) == (0, 0, "", "", 0)


def test_the_bundle_of_the_program_is_named_by_its_digest_and_lies_where_the_upload_finds_it() -> None:
    bundle = machine_bundle()
    content = (ROOT / bundle.path).read_bytes()

    assert hashlib.sha256(content).hexdigest() == bundle.sha256
    assert bundle.sha256 in bundle.object_name
    assert {"converge/converge.py", "roles/base/tasks/main.yml", "document.schema.json"} <= set(members(content))
