"""The host's firewall as it is rendered, and what nft says of it where machines boot."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from components.network.gcp_network import IAP_RANGE
from tests.machines.support.roles import Renderer, Role

BASE = Role("base")
OPENING = "add rule inet packyard services tcp dport { 80, 443 } accept\n"
CLOUDS = ("gcp", "aws")

# What nft itself says needs nft, which `make test` does without: tests/machines/checks decides packets there.
needs_nft = pytest.mark.machine


def rules(cloud: str, openings: Path = Path("/etc/nftables.d")) -> str:
    """The file of a cloud, rendered as Ansible does."""
    text = Renderer(BASE, {"machine_cloud": cloud}).template("nftables.conf.j2")
    return text.replace("/etc/nftables.d", str(openings))


def nft(*commands: str) -> str:
    """Runs commands in a network namespace of their own, so that nobody's rules are touched."""
    script = " && ".join(commands)
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    done = subprocess.run(["unshare", "--net", *user, "sh", "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_ssh_comes_through_iap_alone_and_on_aws_not_at_all() -> None:
    doors = {cloud: re.findall(r"^ *(.*tcp dport.*accept)$", rules(cloud), re.MULTILINE) for cloud in CLOUDS}

    assert doors == {"gcp": [f"ip saddr {IAP_RANGE} tcp dport 22 accept"], "aws": []}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_is_not_opened_is_refused_and_nothing_is_flushed(cloud: str) -> None:
    text = rules(cloud)

    assert "policy drop" in text
    assert "flush" not in text
    assert "hook forward" not in text
    assert "established : accept" in text


def test_the_units_stop_command_flushes_nobody_elses_rules() -> None:
    commands = re.findall(r"^ExecStop=(.*)$", (BASE.folder / "files/nftables.service.conf").read_text(), re.MULTILINE)

    assert commands == ["", "/usr/sbin/nft destroy table inet packyard"]


@needs_nft
@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_rules_load_again_and_again_beside_other_tables(cloud: str, tmp_path: Path) -> None:
    (tmp_path / "web.nft").write_text(OPENING)
    (tmp_path / "rules").write_text(rules(cloud, tmp_path))
    load = f"nft --file {tmp_path / 'rules'}"

    listed = nft(
        f"nft --check --file {tmp_path / 'rules'}",
        "nft add table inet netavark",
        load,
        load,
        "nft list ruleset",
    )

    assert "table inet netavark" in listed
    assert listed.count("tcp dport { 80, 443 } accept") == 1, "the opening of a role, once"
    assert listed.count("policy drop") == 1


@needs_nft
def test_a_faulty_opening_is_found_before_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "web.nft").write_text(OPENING.replace("services", "service"))
    (tmp_path / "rules").write_text(rules("gcp", tmp_path))

    with pytest.raises(AssertionError, match=r"web\.nft"):
        nft(f"nft --check --file {tmp_path / 'rules'}")
