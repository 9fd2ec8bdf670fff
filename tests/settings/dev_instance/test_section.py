"""Every rule of the dev instance's section has a file that breaks it."""

import base64
import struct

import pytest
import yaml

from settings.ssh import HOST_KEY_TYPES, known_hosts_lines
from tests.support import faults_of, stack_file_text

STACK_FILE = yaml.safe_load(stack_file_text("staging"))
KEYS: list[str] = STACK_FILE["config"]["packyard:devInstance"]["gitSsh"]["hostPublicKeys"]
ED25519, ECDSA, RSA = KEYS


def key(kind: str, *fields: bytes) -> str:
    """A key line of these fields, each led by its length."""
    blob = b"".join(struct.pack(">I", len(field)) + field for field in fields)
    return f"{kind} {base64.b64encode(blob).decode()}"


SHORT_RSA = key("ssh-rsa", b"ssh-rsa", b"\x01\x00\x01", b"\x00\x80" + bytes(255))


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"gitSsh.allowedCidrs": ["0.0.0.0/0"]}, "gitSsh.allowedCidrs", "openToWorld: true"),
        ({"gitSsh.openToWorld": True}, "gitSsh.allowedCidrs", "leave one of them out"),
        ({"registry.allowedCidrs": ["0.0.0.0/0"]}, "registry.allowedCidrs", "openToWorld: true"),
        ({"gitSsh.port": 22}, "gitSsh.port", "operators' SSH"),
        ({"gitSsh.port": 443}, "gitSsh.port", "HTTPS"),
        ({"registry.port": 80}, "registry.port", "HTTP"),
        ({"gitSsh.port": 5050}, "registry.port", "both have port 5050"),
        ({"gitSsh.hostPublicKeys": [ED25519, ECDSA]}, "gitSsh.hostPublicKeys", "one each of"),
        ({"gitSsh.hostPublicKeys": [ED25519, ED25519, RSA]}, "gitSsh.hostPublicKeys", "one each of"),
        ({"gitSsh.hostPublicKeys.0": f"{ED25519} root@dev"}, "gitSsh.hostPublicKeys.0", "comment"),
        ({"gitSsh.hostPublicKeys.0": ED25519[:-8]}, "gitSsh.hostPublicKeys.0", "cut off"),
        ({"gitSsh.hostPublicKeys.0": ED25519[:-1]}, "gitSsh.hostPublicKeys.0", "not base64"),
        ({"gitSsh.hostPublicKeys.0": "ssh-ed25519"}, "gitSsh.hostPublicKeys.0", "begins with one of"),
        ({"gitSsh.hostPublicKeys.0": "-----BEGIN OPENSSH PRIVATE KEY-----"}, "gitSsh.hostPublicKeys.0", "begins with"),
        (
            {"gitSsh.hostPublicKeys.0": ECDSA.replace("ecdsa-sha2-nistp256", "ssh-ed25519")},
            "gitSsh.hostPublicKeys.0",
            "the key says that it is ecdsa-sha2-nistp256",
        ),
        ({"gitSsh.hostPublicKeys.2": SHORT_RSA}, "gitSsh.hostPublicKeys.2", "3072 bits"),
        ({"monitoringAllowedCidrs": ["0.0.0.0/0"]}, "monitoringAllowedCidrs", "to everyone"),
        ({"backup.keepDays": 0}, "backup.keepDays", "greater than or equal to 1"),
        ({"backup.time": "07:00"}, "backup.time", "before the upgrade"),
        ({"backup.time": "08:00"}, "backup.time", "before the upgrade"),
        ({"nightlyUpgrade.time": "7:20"}, "nightlyUpgrade.time", "time of day"),
        ({"nightlyUpgrade.packageSource": "http://packages.example.com"}, "nightlyUpgrade.packageSource", "https://"),
        ({"objectStorage.softDeleteDays": 3}, "objectStorage.softDeleteDays", "greater than or equal to 7"),
        ({"hostName": "dev.example.org"}, "hostName", "staging.packyard.example.com"),
        ({"pagesDomain": "pages.example.org"}, "pagesDomain", "not in the zone"),
        ({"pagesDomain": "pages.dev.staging.packyard.example.com"}, "pagesDomain", "cookies"),
    ],
)
def test_an_instance_that_would_not_be_safe_is_refused(changes: dict[str, object], place: str, words: str) -> None:
    (fault,) = faults_of("staging", {f"devInstance.{path}": value for path, value in changes.items()})

    assert ".".join(map(str, fault.path)) == f"devInstance.{place}".rstrip(".")
    assert words in f"{fault.wrong} {fault.right}"


def test_an_instance_without_a_vault_is_refused() -> None:
    places = [fault.path for fault in faults_of("staging", {"backupVault": None})]

    assert ("devInstance",) in places


def test_a_port_is_open_to_the_world_when_the_file_says_so_in_words() -> None:
    assert faults_of("staging", {"devInstance.gitSsh.openToWorld": True, "devInstance.gitSsh.allowedCidrs": []}) == ()


def test_the_order_of_the_host_keys_does_not_matter() -> None:
    assert faults_of("staging", {"devInstance.gitSsh.hostPublicKeys": [RSA, ED25519, ECDSA]}) == ()


def test_known_hosts_names_the_port_unless_it_is_22() -> None:
    keys = tuple(f"{kind} AAAA" for kind in HOST_KEY_TYPES)

    assert known_hosts_lines("dev.example.com", 2222, keys)[0] == "[dev.example.com]:2222 ssh-ed25519 AAAA"
    assert known_hosts_lines("dev.example.com", 22, keys)[0] == "dev.example.com ssh-ed25519 AAAA"
    assert len(known_hosts_lines("dev.example.com", 22, keys)) == 3
