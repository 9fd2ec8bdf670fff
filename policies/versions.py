"""Versions that end: which are in use, and that none of them has ended."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from capture import Capture, Registration
from policies.policy import Finding
from policies.values import at, text
from settings.today import today
from settings.version_ends import NOTICE_DAYS, Life, Product, life_of, newest

DEBIAN_IMAGE = re.compile(r"\bdebian-(\d+)\b")

DOCUMENTS = ("aws:s3/bucketObjectv2:BucketObjectv2", "gcp:storage/bucketObject:BucketObject")
"""What holds the document of a machine."""

DOCUMENT_VERSIONS = {
    ("debianRelease",): Product.DEBIAN,
    ("postgresqlVersion",): Product.POSTGRESQL,
    ("database", "version"): Product.POSTGRESQL,
    ("runnerVersion",): Product.GITLAB_RUNNER,
}
"""Where the settings of a machine document say a version."""

VERSION = re.compile(r"\d+(\.\d+)*(-\d+)?")


@dataclass(frozen=True)
class Use:
    """A version that something uses."""

    product: Product
    version: str
    registration: Registration
    life: Life


@dataclass(frozen=True)
class Ending:
    """A version that ends soon, or of which no end is known, with everything that uses it."""

    product: Product
    version: str
    life: Life
    names: tuple[str, ...]
    """Logical names of the resources that use it."""


def versions_have_not_ended(capture: Capture) -> Iterator[Finding]:
    """After its end nobody mends what is found in a version, and AWS upgrades a cluster on a day of its own choice."""
    for use in versions_in_use(capture):
        if use.life.ended:
            when = f" on {use.life.ends}" if use.life.ends else ""
            yield Finding(
                use.registration,
                f"{use.product} {use.version} has ended{when}. HINT: {newest(use.product)}; docs/preview.md says how an"
                " urgent update passes",
            )


def endings(capture: Capture) -> tuple[Ending, ...]:
    """What ends within NOTICE_DAYS, the first to end first; then that of which no end is known."""
    found: dict[tuple[Product, str], list[Use]] = {}
    for use in versions_in_use(capture):
        if use.life.days is None or use.life.days <= NOTICE_DAYS:
            found.setdefault((use.product, use.version), []).append(use)
    told = (
        Ending(product, version, uses[0].life, tuple(sorted({use.registration.name for use in uses})))
        for (product, version), uses in found.items()
    )
    return tuple(sorted(told, key=lambda ending: (ending.life.days is None, ending.life.days, ending.product)))


def versions_in_use(capture: Capture) -> Iterator[Use]:
    """Every version that a registration names. Amazon's image ids name none; the machine's document does."""
    day = today()
    for product, version, entry in _named(capture):
        if VERSION.fullmatch(version):
            yield Use(product, version, entry, life_of(product, version, day))


def _named(capture: Capture) -> Iterator[tuple[Product, str, Registration]]:
    for cluster in capture.of_type("aws:eks/cluster:Cluster"):
        yield Product.EKS, text(cluster.inputs.get("version")), cluster
    for machine in capture.of_type("gcp:compute/instance:Instance"):
        image = text(at(machine.inputs, "bootDisk.initializeParams.image"))
        yield from ((Product.DEBIAN, found[1], machine) for found in DEBIAN_IMAGE.finditer(image))
    for template in capture.of_type("gcp:compute/instanceTemplate:InstanceTemplate"):
        image = text(at(template.inputs, "disks.sourceImage"))
        yield from ((Product.DEBIAN, found[1], template) for found in DEBIAN_IMAGE.finditer(image))
    for kind in DOCUMENTS:
        for document in capture.of_type(kind):
            yield from _of_document(document)


def _of_document(entry: Registration) -> Iterator[tuple[Product, str, Registration]]:
    try:
        settings: Any = json.loads(text(entry.inputs.get("content")))["settings"]
    except (ValueError, KeyError, TypeError):
        return
    for path, product in DOCUMENT_VERSIONS.items():
        value = settings
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] -- JSON
        if isinstance(value, (str, int)):
            yield product, str(value), entry
