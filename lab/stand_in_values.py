"""The values of a lab in place of those whose private half only the cloud or an operator has.

All of them are here, and docs/lab.md lists them. A value that a machine makes itself, such as its WireGuard key, needs
no other in its place.
"""

import hashlib
import json
import re
import secrets
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from capture import Capture
from lab.machines.image import image_folder

KEY_TYPES = {"ssh-ed25519": "ed25519", "ecdsa-sha2-nistp256": "ecdsa", "ssh-rsa": "rsa"}
"""Words of ssh-keygen."""


@dataclass
class StandInValues:
    """Made when a lab begins, and the same until it ends."""

    secrets: Mapping[str, str]
    """What operators have put into the secrets of both clouds, by name: one value where both have one of that name."""
    agent: bytes
    """Package of the Systems Manager agent, which AWS alone hands out."""
    host_keys: Mapping[str, str] = field(default_factory=dict[str, str])
    """Public halves of SSH host keys, by the name of the secret that holds the private one."""
    fingerprints: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of OpenPGP keys that sign packages and their metadata, by the name of the secret that holds the private half."""

    def in_place(self, registered: bytes) -> bytes:
        """A document as registered, with the lab's own values."""
        document = json.loads(registered)
        if document.get("ssmAgent"):
            document["ssmAgent"]["sha256"] = hashlib.sha256(self.agent).hexdigest()
        for key in host_keys_of(document):
            # One that came after this lab began is as registered, and its secret is not here.
            key["publicKey"] = self.host_keys.get(key["secret"], key["publicKey"])
        for key in signing_keys_of(document):
            key["fingerprint"] = self.fingerprints.get(key["secret"], key["fingerprint"])
        return json.dumps(document, indent=2).encode()


def host_keys_of(document: Any) -> list[dict[str, str]]:
    """Public halves of SSH host keys in a document: type, key and the name of the secret with the other half."""
    return list(document["settings"].get("gitSsh", {}).get("hostKeys", ()))


def signing_keys_of(document: Any) -> list[dict[str, str]]:
    """OpenPGP keys in a document: fingerprint, and the name of the secret with the private half."""
    return list(document["settings"].get("signingKeys", ()))


def agent_package() -> bytes:
    """What stands for the Systems Manager agent."""
    return (image_folder() / "mirror/amazon-ssm-agent.deb").read_bytes()


def made_for(capture: Capture, documents: list[Any]) -> StandInValues:
    """Values for all that is registered."""
    names = {str(entry.inputs["secretId"]) for entry in capture.of_type("gcp:secretmanager/secret:Secret")}
    names |= {str(entry.inputs["name"]) for entry in capture.of_type("aws:secretsmanager/secret:Secret")}
    values = {name: secrets.token_urlsafe(48) for name in sorted(names)}
    public: dict[str, str] = {}
    for key in (key for document in documents for key in host_keys_of(document)):
        values[key["secret"]], public[key["secret"]] = _host_key(key["keyType"])
    fingerprints: dict[str, str] = {}
    for key in (key for document in documents for key in signing_keys_of(document)):
        values[key["secret"]], fingerprints[key["secret"]] = _signing_key(key["purpose"])
    return StandInValues(values, agent_package(), public, fingerprints)


def _signing_key(name: str) -> tuple[str, str]:
    """Private half and fingerprint."""
    with tempfile.TemporaryDirectory() as folder:
        gpg = ["gpg", "--homedir", folder, "--batch", "--quiet", "--passphrase", ""]
        subprocess.run([*gpg, "--quick-generate-key", name, "ed25519", "sign", "2y"], check=True, capture_output=True)
        private = subprocess.run([*gpg, "--armor", "--export-secret-keys"], check=True, capture_output=True, text=True)
        listed = subprocess.run([*gpg, "--list-keys", "--with-colons"], check=True, capture_output=True, text=True)
        subprocess.run(["gpgconf", "--homedir", folder, "--kill", "all"], check=False)
    (fingerprint,) = re.findall(r"^fpr:{9}([0-9A-F]{40}):$", listed.stdout, re.MULTILINE)
    return private.stdout, fingerprint


def _host_key(kind: str) -> tuple[str, str]:
    """Private and public half."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "key"
        command = ["ssh-keygen", "-q", "-t", KEY_TYPES[kind], "-N", "", "-C", "", "-f", str(file)]
        subprocess.run(command, check=True)
        return file.read_text(), file.with_suffix(".pub").read_text().strip()
