"""Which processor architecture a machine type has."""

import re

from settings.machine_families import GCP_AMD64_SERIES, GCP_ARM64_SERIES
from settings.vocabulary import Architecture

_AWS_FAMILY = re.compile(r"(?P<series>[a-z]+)(?P<generation>[0-9]+)(?P<attributes>[a-z]*)(-[a-z0-9]+)?")

AWS_EXCEPTIONS = {"a1": Architecture.ARM64, "mac1": None, "mac2": None}
"""Families that the naming rule reads wrongly; None where no runner of this fleet can live (macOS hosts)."""


def aws_architecture(instance_type: str) -> Architecture | None:
    """The architecture of an EC2 instance type; None where its name follows no known rule.

    AWS puts a "g" after the generation of every Graviton family: m7g, c6gn, x2gd, im4gn (EC2, "Instance type naming
    conventions"). A "g" before it names the series of graphics instances, which are amd64: g4dn, g6.
    """
    family = instance_type.partition(".")[0]
    if (base := family.partition("-")[0]) in AWS_EXCEPTIONS:
        return AWS_EXCEPTIONS[base]
    parts = _AWS_FAMILY.fullmatch(family)
    if parts is None:
        return None
    return Architecture.ARM64 if "g" in parts["attributes"] else Architecture.AMD64


def gcp_architecture(machine_type: str) -> Architecture | None:
    """The architecture of a GCE machine type; None where its series is not known."""
    series = machine_type.partition("-")[0]
    if series in GCP_ARM64_SERIES:
        return Architecture.ARM64
    return Architecture.AMD64 if series in GCP_AMD64_SERIES else None
