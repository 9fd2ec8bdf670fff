"""The files of the first boot, each read by its own checker."""

import ast
import base64
import gzip
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.machine.document import user_data, user_data_base64
from tests.machines.support.programs import MACHINES
from tests.support import ROOT

EC2_LIMIT = 16 * 1024
"""Bytes of user data that EC2 takes, before base64."""

TOP_LEVEL_KEYS = {"ssh_deletekeys", "ssh_pwauth", "disable_root", "write_files", "runcmd"}
"""cloud-init passes over a misspelt key without a word."""

WRITE_FILES_KEYS = {"path", "permissions", "content"}

UNITS = sorted((MACHINES / "converge").glob("packyard-*.*"))


@pytest.fixture(scope="module")
def cloud_config() -> dict[str, Any]:
    return yaml.safe_load(user_data())


def test_user_data_is_cloud_config_that_every_cloud_accepts() -> None:
    assert user_data().startswith("#cloud-config\n")
    packed = base64.b64decode(user_data_base64())

    assert gzip.decompress(packed).decode() == user_data()
    assert len(packed) < EC2_LIMIT
    assert user_data().isascii()


def test_user_data_has_no_key_that_cloud_init_would_pass_over(cloud_config: dict[str, Any]) -> None:
    assert set(cloud_config) == TOP_LEVEL_KEYS
    assert all(set(file) <= WRITE_FILES_KEYS for file in cloud_config["write_files"])


def test_host_keys_survive_a_new_boot_disk_and_nobody_logs_in_by_password(cloud_config: dict[str, Any]) -> None:
    assert cloud_config["ssh_deletekeys"] is False
    assert cloud_config["ssh_pwauth"] is False
    assert cloud_config["disable_root"] is True


def test_user_data_brings_the_very_files_that_converge_keeps_in_place(cloud_config: dict[str, Any]) -> None:
    written = {Path(file["path"]).name: file["content"] for file in cloud_config["write_files"]}

    assert set(written) == {"fetch.py", "packyard-converge.service", "packyard-converge.timer"}
    for name, content in written.items():
        assert content.strip() == (MACHINES / "converge" / name).read_text().strip()
    ast.parse(written["fetch.py"])


def test_the_first_boot_starts_what_it_wrote(cloud_config: dict[str, Any]) -> None:
    commands = [" ".join(command) for command in cloud_config["runcmd"]]

    assert commands.index("systemctl daemon-reload") == 0
    assert any("enable" in command and "packyard-converge.timer" in command for command in commands)
    assert any("start --no-block packyard-converge.service" in command for command in commands)


@pytest.mark.parametrize("script", sorted(MACHINES.rglob("*.sh")), ids=lambda path: path.name)
def test_shell_is_clean(script: Path) -> None:
    subprocess.run([ROOT / ".venv/bin/shellcheck", "--severity=style", script], check=True)


def test_every_unit_starts_a_program_that_the_base_role_installs() -> None:
    installed = (MACHINES / "roles/base/tasks/converge.yml").read_text()

    assert len(UNITS) == 4
    for unit in UNITS:
        assert unit.name in installed
        for line in unit.read_text().splitlines():
            if line.startswith("ExecStart="):
                program = Path(line.split()[1])
                assert (MACHINES / "converge" / program.name).is_file()
                assert f"converge/{program.name}" in installed
