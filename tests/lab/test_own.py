"""What belongs to one machine never stays on a root that is kept for others."""

from pathlib import Path

import pytest

from lab.machines import own

NAME = "pg-z.example.internal"
OWN = {
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "etc/hostname": f"{NAME}\n",
    "etc/ssh/ssh_host_ed25519_key": "-----BEGIN OPENSSH PRIVATE KEY-----\n",
    "etc/ssh/ssh_host_ed25519_key.pub": "ssh-ed25519 AAAA\n",
    "etc/ssl/private/ssl-cert-snakeoil.key": "-----BEGIN PRIVATE KEY-----\n",
    "etc/packyard/pair.json": "{}\n",
    "etc/wireguard/packyard.conf": "[Interface]\nPrivateKey = AAAA\n",
    "etc/postgresql/17/main/certificates/server.key": "-----BEGIN EC PRIVATE KEY-----\n",
    "home/debian/.ssh/authorized_keys": "ssh-rsa AAAA\n",
    "root/.bash_history": "id\n",
    "var/lib/cloud/instances/i-0/user-data.txt": "#cloud-config\n",
    "var/lib/cloud/data/instance-id": "i-0\n",
    "var/lib/dbus/machine-id": "0123456789abcdef0123456789abcdef\n",
    "var/lib/packyard/document.json": "{}\n",
    "var/lib/postgresql/17/main/PG_VERSION": "17\n",
    "var/lib/systemd/random-seed": "seed",
    "var/log/journal/0/system.journal": "LPKSHHRH",
    "var/log/cloud-init.log": "began\n",
    "srv/database/17/PG_VERSION": "17\n",
    "run/packyard/variables.json": "{}\n",
}
EVERYBODYS = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
    "etc/ssh/sshd_config.d/10-packyard.conf": "PasswordAuthentication no\n",
    "etc/systemd/system/multi-user.target.wants/ssh.service": "",
    "usr/bin/cloud-init": "#!/usr/bin/python3\n",
    "usr/lib/python3/dist-packages/tests/key.pem": "-----BEGIN PRIVATE KEY-----\n",
    "var/lib/dpkg/status": "Package: cloud-init\n",
    "var/lib/systemd/deb-systemd-helper-enabled/ssh.service.dsh-also": "",
    "var/lib/chrony/packaged": "",
}
PACKAGED = frozenset(
    {"var", "var/lib", "var/lib/dpkg", "var/lib/chrony", "var/lib/chrony/packaged", "srv", "run", "home"}
)


def plant(layer: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (layer / name).parent.mkdir(parents=True, exist_ok=True)
        (layer / name).write_text(content)


def files(layer: Path) -> set[str]:
    return {str(path.relative_to(layer)) for path in layer.rglob("*") if not path.is_dir()}


def test_nothing_of_a_machine_stays_and_everything_of_debian_does(tmp_path: Path) -> None:
    plant(tmp_path, OWN | EVERYBODYS)

    own.forget(tmp_path, PACKAGED)

    assert files(tmp_path) == set(EVERYBODYS)
    assert list(own.residue(tmp_path, [NAME])) == []


@pytest.mark.parametrize("name", OWN)
def test_whoever_looks_finds_what_was_not_taken_away(name: str, tmp_path: Path) -> None:
    plant(tmp_path, EVERYBODYS | {name: OWN[name]})

    assert {each.path for each in own.residue(tmp_path, [NAME])} == {name}


def test_a_value_of_the_machine_is_found_wherever_it_was_written(tmp_path: Path) -> None:
    plant(tmp_path, EVERYBODYS | {"etc/motd": f"welcome to {NAME}\n"})

    (found,) = own.residue(tmp_path, [NAME])

    assert (found.path, found.what) == ("etc/motd", repr(NAME))


def test_a_folder_of_a_package_stays_though_what_was_in_it_goes(tmp_path: Path) -> None:
    plant(tmp_path, {"var/lib/chrony/drift": "1", "var/lib/cloud/seed/i-0": "1"})

    own.forget(tmp_path, PACKAGED)

    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == ["var", "var/lib", "var/lib/chrony"]
