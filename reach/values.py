"""Reading recorded values: missing, unknown and secret ones answer as empty."""

from collections.abc import Iterator, Mapping

from capture import Capture, Registration, Value


def text(value: Value) -> str:
    """The value as text; empty where it is missing, unknown or secret."""
    return value if isinstance(value, str) else ""


def mapping(value: Value) -> Mapping[str, Value]:
    """The value as a mapping; empty where it is something else."""
    return value if isinstance(value, Mapping) else {}


def texts(value: Value) -> tuple[str, ...]:
    """A text, or every text of a list."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, tuple) else ()


def records(value: Value) -> Iterator[Mapping[str, Value]]:
    """A nested block, or each of a list of them."""
    yield from (item for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, Mapping))


def block(value: Value) -> Mapping[str, Value]:
    """A nested block, or the first of a list of them; empty where there is none."""
    return next(records(value), dict[str, Value]())


def provider_input(capture: Capture, registration: Registration, key: str) -> str:
    """An input of the provider of a resource, such as its project; empty where there is none."""
    provider = capture.by_urn.get(registration.provider)
    return "" if provider is None else text(provider.inputs.get(key))


def project_of(capture: Capture, registration: Registration) -> str:
    """The GCP project of a resource: its own, else its provider's."""
    return text(registration.inputs.get("project")) or provider_input(capture, registration, "project")


def answer(capture: Capture, registration: Registration, output: str) -> str:
    """What a cloud would answer for an output of a resource, such as "arn"; empty where it is not known.

    Pulumi's engine shows a policy pack inputs and outputs together.
    """
    for value, name in capture.invented.get(registration.urn, {}).items():
        if name == output:
            return value
    told = text(registration.outputs.get(output)) or text(registration.inputs.get(output))
    return told or _made_of_its_name(capture, registration, output)


def account_of_provider(capture: Capture, registration: Registration) -> str:
    """The account of AWS that the provider of a resource works in; empty where it does not say."""
    return digits(provider_input(capture, registration, "allowedAccountIds"))


def digits(value: str) -> str:
    """The digits of the first entry of a list in JSON."""
    return "".join(character for character in value.partition(",")[0] if character.isdigit())


NAMED_BY_IAM = {"aws:iam/role:Role": "role", "aws:iam/user:User": "user", "aws:iam/policy:Policy": "policy"}
"""What an ARN of IAM calls each type (IAM user guide, "IAM ARNs")."""


def _made_of_its_name(capture: Capture, registration: Registration, output: str) -> str:
    """What a cloud makes of a name that is registered, so that it is known before the cloud answers."""
    name = text(registration.inputs.get("name"))
    if (registration.type, output) == ("gcp:serviceaccount/account:Account", "email"):
        identifier, project = text(registration.inputs.get("accountId")), project_of(capture, registration)
        return f"{identifier}@{project}.iam.gserviceaccount.com" if identifier and project else ""
    if (registration.type, output) == ("aws:s3/bucket:Bucket", "arn"):
        bucket = text(registration.inputs.get("bucket"))
        return f"arn:aws:s3:::{bucket}" if bucket else ""
    if registration.type in NAMED_BY_IAM and output == "arn":
        account, path = account_of_provider(capture, registration), text(registration.inputs.get("path")) or "/"
        return f"arn:aws:iam::{account}:{NAMED_BY_IAM[registration.type]}{path}{name}" if account and name else ""
    return ""


def place(registration: Registration, key: str = "") -> str:
    """File and line that register a resource, and the input in question."""
    where = registration.source or registration.type
    return f"{where} ({key})" if key else where
