"""A value that the program puts into a secret is refused, in the form in which the SDKs register it."""

from pathlib import Path

from capture import Secret, capture_stack, read_stack_file
from policies.secrets_in_clear import (
    SECRET_VERSIONS,
    nothing_looks_like_a_secret,
    secret_inputs_are_secrets,
    secrets_stay_empty,
)

PROGRAM = """
import pulumi_aws as aws
import pulumi_gcp as gcp

aws.secretsmanager.SecretVersion("aws", secret_id="token", secret_string="hunter2-and-more")
gcp.secretmanager.SecretVersion("gcp", secret="token", secret_data="hunter2-and-more")
gcp.secretmanager.RegionalSecretVersion("regional", secret="token", secret_data="hunter2-and-more")
"""


def test_a_secret_with_a_value_is_refused_although_its_value_is_marked(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)

    capture = capture_stack(tmp_path, read_stack_file(tmp_path, "dev"))
    versions = [entry for entry in capture.resources if entry.type in SECRET_VERSIONS]
    values = [
        value for entry in versions for key, value in entry.inputs.items() if key in ("secretString", "secretData")
    ]

    assert {entry.type for entry in versions} == set(SECRET_VERSIONS)
    # Marked by the SDK itself, so that no policy about values in clear would ever see one.
    assert len(values) == len(versions)
    assert all(isinstance(value, Secret) for value in values)
    assert not [*nothing_looks_like_a_secret(capture), *secret_inputs_are_secrets(capture)]
    assert {finding.registration.urn for finding in secrets_stay_empty(capture)} == {entry.urn for entry in versions}
