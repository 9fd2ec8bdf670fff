"""Which processor architecture a machine type has."""

import re

from settings.vocabulary import Architecture

_AWS_FAMILY = re.compile(r"(?P<series>[a-z]+)(?P<generation>[0-9]+)(?P<attributes>[a-z]*)(-[a-z0-9]+)?")

AWS_EXCEPTIONS = {"a1": Architecture.ARM64, "mac1": None, "mac2": None}
"""Families that the naming rule reads wrongly; None where no runner of this fleet can live (macOS hosts)."""

GCP_ARM64_SERIES = ("a4x", "c4a", "n4a", "t2a")
"""Arm series of GCE (Google, "Arm VMs on Compute Engine")."""

GCP_AMD64_SERIES = (
    "a2 a3 a4 c2 c2d c3 c3d c4 c4d e2 g2 g4 h3 h4d m1 m2 m3 m4 n1 n2 n2d n4 n4d t2d x4 z3".split()  # noqa: SIM905 -- reads as a table
)
"""Intel and AMD series of GCE (Google, "Machine families resource and comparison guide")."""


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
    """The architecture of a GCE machine type; None where its series is not in the tables above."""
    series = machine_type.partition("-")[0]
    if series in GCP_ARM64_SERIES:
        return Architecture.ARM64
    return Architecture.AMD64 if series in GCP_AMD64_SERIES else None
