"""No secret in clear: neither a value that Pulumi knows to be one, nor anything that looks like one."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from capture import Capture, Registration, Secret, Value
from capture.hiding import hidden, secret_texts
from capture.registration import leaves
from policies.policy import Finding

SECRET_VERSIONS: tuple[str, ...] = (
    "aws:secretsmanager/secretVersion:SecretVersion",
    "gcp:secretmanager/regionalSecretVersion:RegionalSecretVersion",
    "gcp:secretmanager/secretVersion:SecretVersion",
)
"""Types that put a value into a secret."""

SECRET_SHAPES: Mapping[str, re.Pattern[str]] = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "a GitLab token": re.compile(r"\bgl(pat|rt|ptt|dt|cbt|ft|agent)-[A-Za-z0-9_-]{16,}"),
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a Google service account key": re.compile(r'"private_key(_id)?"\s*:'),
    "a URL with a password": re.compile(r"\b[a-z][a-z0-9+]*://[^/\s:@]+:[^/\s:@$]+@"),
}

SECRET_INPUT = re.compile(
    r"(password|passwordWo|sharedSecret|sharedSecretWo|presharedKey|secretString|secretStringWo|secretBinary|secretData"
    r"|secretDataWo|privateKey|authToken|accessToken|secretKey|md5AuthenticationKey)$",
    re.IGNORECASE,
)
"""Inputs that hold a secret by their name."""


def no_secret_in_clear(capture: Capture) -> Iterator[Finding]:
    """Whatever is not marked as a secret lies readable in the state, in previews and in merge request comments."""
    secrets = frozenset(secret_texts(capture))
    for registration in capture.registrations:
        for path, value in _all_leaves(registration):
            if isinstance(value, str) and any(secret in value for secret in secrets):
                yield Finding(
                    registration, f"{path} holds a secret of the stack file. HINT: pass it as pulumi.Output.secret"
                )


def nothing_looks_like_a_secret(capture: Capture) -> Iterator[Finding]:
    """Keys and tokens pasted into a program or a boot script are found by everyone who can read it."""
    for registration in capture.registrations:
        for path, value in _all_leaves(registration):
            for what, shape in SECRET_SHAPES.items():
                if isinstance(value, str) and shape.search(value):
                    yield Finding(registration, f"{path} holds {what}. HINT: an empty secret that an operator fills")


def secret_inputs_are_secrets(capture: Capture) -> Iterator[Finding]:
    """An input that is a password by its name must be marked, or it is shown in every preview."""
    for registration in capture.resources:
        for path, value in leaves(registration.inputs):
            if SECRET_INPUT.search(path) and value is not None and not isinstance(value, Secret):
                yield Finding(
                    registration, f"{path} is not marked as a secret. HINT: pulumi.Output.secret, or no value"
                )


def secrets_stay_empty(capture: Capture) -> Iterator[Finding]:
    """The SDKs mark the value of a version as a secret; it lies in the state all the same, for all who may open it."""
    for token in SECRET_VERSIONS:
        for version in capture.of_type(token):
            yield Finding(version, "puts a value into a secret. HINT: the empty secret alone, which an operator fills")
    for parameter in capture.of_type("aws:ssm/parameter:Parameter"):
        if parameter.inputs.get("type") == "SecureString":
            yield Finding(parameter, "holds a secret value. HINT: an empty aws.secretsmanager.Secret")


def looks_like(text: str) -> str:
    """What kind of secret a text holds by its look; empty where it holds none."""
    return next((what for what, shape in SECRET_SHAPES.items() if shape.search(text)), "")


def without_secrets(message: str) -> str:
    """A message in which each line says of what looks like a secret what it is, and no more."""
    return "\n".join(map(_line_without_secrets, message.splitlines()))


def veiled(capture: Capture) -> Capture:
    """The same capture, in which everything that these policies complain of is a secret, so that nothing prints it.

    One that is veiled stays as it is, so whoever must be sure may ask again.
    """
    if capture.is_veiled:
        return capture
    found = hidden(capture, lambda path, text: bool(looks_like(text)) or bool(SECRET_INPUT.search(path)))
    return replace(found, is_veiled=True)


def _line_without_secrets(line: str) -> str:
    place, colon, rest = line.partition(": ")
    what = looks_like(line)
    return f"{place if colon and looks_like(rest) else 'one line'}: [{what}; not shown]" if what else line


def _all_leaves(registration: Registration) -> Iterator[tuple[str, Value]]:
    yield from leaves(registration.inputs)
    yield from leaves(registration.outputs, "outputs")
