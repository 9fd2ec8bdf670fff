"""Secrets that the program makes empty, so that somebody must fill them."""

from dataclasses import dataclass

from capture import Capture, Registration
from policies.values import place, text


@dataclass(frozen=True)
class EmptySecret:
    """A secret without a value, and the command that gives it one."""

    urn: str
    name: str
    cloud: str
    physical: str
    """Its name in the cloud."""
    command: str
    """Reads the value from standard input, so that it is in no history."""


VERSIONS = (
    ("gcp:secretmanager/secretVersion:SecretVersion", "secret"),
    ("aws:secretsmanager/secretVersion:SecretVersion", "secretId"),
)
"""Resources that put a value into a secret, and the input that names it."""


def empty_secrets(capture: Capture) -> tuple[EmptySecret, ...]:
    """Every secret without a version, by cloud and name."""
    filled = {
        urn
        for kind, key in VERSIONS
        for version in capture.of_type(kind)
        for urn in version.property_dependencies.get(key, ())
    }
    found = [
        *(_gcp(capture, entry) for entry in capture.of_type("gcp:secretmanager/secret:Secret")),
        *(_aws(capture, entry) for entry in capture.of_type("aws:secretsmanager/secret:Secret")),
    ]
    return tuple(
        sorted((entry for entry in found if entry.urn not in filled), key=lambda entry: (entry.cloud, entry.name))
    )


def _gcp(capture: Capture, secret: Registration) -> EmptySecret:
    physical = text(secret.inputs.get("secretId"))
    project = place(capture, secret, "project")
    command = f"gcloud secrets versions add {physical} --project={project} --data-file=-"
    return EmptySecret(secret.urn, secret.name, "gcp", physical, command)


def _aws(capture: Capture, secret: Registration) -> EmptySecret:
    physical = text(secret.inputs.get("name"))
    region = place(capture, secret, "region")
    command = f"aws secretsmanager put-secret-value --region {region} --secret-id {physical} --secret-string file:///dev/stdin"
    return EmptySecret(secret.urn, secret.name, "aws", physical, command)
