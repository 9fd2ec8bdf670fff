"""What the tests of the database pair read from a capture."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from capture import Capture, Registration
from tests.registrations import policy_of, resources_of
from tests.support import variant

HOSTS = ("pg-a", "pg-b")
CLIENTS = ["10.16.0.16/28", "10.20.64.0/24"]


@cache
def with_primary_on_aws(stack: str) -> Capture:
    return variant(stack, {"databasePair.primary": "aws"})


@cache
def with_authority_on_gcp() -> Capture:
    return variant("staging", {"databasePair.certificateAuthority": "gcp"})


@cache
def with_clients() -> Capture:
    return variant("staging", {"databasePair.appCidrs": CLIENTS})


def pair(capture: Capture) -> tuple[Registration, ...]:
    """The pair's own resources and those of its two machines."""
    return resources_of(capture, "packyard:database_pair:DatabasePair")


def parameters(capture: Capture) -> set[str]:
    """Names of the parameters of the exchange."""
    return {str(entry.inputs["name"]) for entry in pair(capture) if entry.type == "aws:ssm/parameter:Parameter"}


def parameters_written_by(capture: Capture, host: str) -> set[str]:
    return {
        str(resource).partition(":parameter")[2]
        for entry in policy_of(capture, f"database-pair-{host}")
        if "ssm:PutParameter" in entry["Action"]
        for resource in entry["Resource"]
    }


def doors(capture: Capture) -> Iterator[tuple[str, str, str]]:
    """Protocol, port and source of everything that the pair lets in."""
    for entry in pair(capture):
        inputs: Any = entry.inputs
        if entry.kind == "Firewall" and inputs["direction"] == "INGRESS":
            for allow in inputs["allows"]:
                for port in allow["ports"]:
                    for source in inputs["sourceRanges"]:
                        yield allow["protocol"], port, source
        if entry.kind == "SecurityGroupIngressRule":
            assert inputs["fromPort"] == inputs["toPort"]
            yield inputs["ipProtocol"], str(inputs["toPort"]), inputs["cidrIpv4"]


def public_addresses(capture: Capture) -> dict[str, str]:
    outputs: Any = capture.root.outputs["database_pair"]
    return {"pg-a": outputs["pg_a_public_address"], "pg-b": outputs["pg_b_public_address"]}
