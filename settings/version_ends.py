"""Versions that end: until when those in use get fixes.

Read on 22 August 2026. Whoever sets a newer version in a stack file adds its line here.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Product(StrEnum):
    """What has versions that end."""

    EKS = "Kubernetes on EKS"
    DEBIAN = "Debian"
    POSTGRESQL = "PostgreSQL"
    GITLAB_RUNNER = "GitLab Runner"


SOURCES = {
    Product.EKS: "Amazon EKS user guide, Kubernetes release calendar: end of standard support, after which AWS upgrades"
    " the cluster by itself",
    Product.DEBIAN: "debian.org/releases: end of life, after which only the LTS team mends some packages",
    Product.POSTGRESQL: "postgresql.org/support/versioning: final release",
    Product.GITLAB_RUNNER: "GitLab's maintenance policy: a release gets fixes until the third after it; one comes on"
    " the third Thursday of each month. Dates after August 2026 are counted from that",
}
"""Where the dates of a product come from, and what its end means."""

WITHOUT_END = {
    "Pulp": "names branches that it supports (pulpcore, template_config.yml) and no dates; every other release is"
    " supported until the next one",
    "pgBackRest": "mends its newest release alone, and names no dates (pgbackrest.org/release.html); what is installed"
    " is Debian's, which Debian mends as long as it lives",
}
"""What has versions and publishes no date, with the reason that it is not in the table."""

EKS_ENDS = {
    "1.33": date(2026, 7, 29),
    "1.34": date(2026, 12, 2),
    "1.35": date(2027, 3, 27),
    "1.36": date(2027, 8, 2),
}
DEBIAN_ENDS = {
    "11": date(2024, 8, 14),
    "12": date(2026, 7, 11),
    "13": date(2028, 8, 9),
}
POSTGRESQL_ENDS = {
    "14": date(2026, 11, 12),
    "15": date(2027, 11, 11),
    "16": date(2028, 11, 9),
    "17": date(2029, 11, 8),
    "18": date(2030, 11, 14),
}
GITLAB_RUNNER_ENDS = {
    "19.2": date(2026, 10, 15),
    "19.3": date(2026, 11, 19),
    "19.4": date(2026, 12, 17),
    "19.5": date(2027, 1, 21),
    "19.6": date(2027, 2, 18),
}

ENDS = {
    Product.EKS: EKS_ENDS,
    Product.DEBIAN: DEBIAN_ENDS,
    Product.POSTGRESQL: POSTGRESQL_ENDS,
    Product.GITLAB_RUNNER: GITLAB_RUNNER_ENDS,
}

NOTICE_DAYS = 90
"""How long before its end a version is told of."""


@dataclass(frozen=True)
class Life:
    """How long a version lives, seen from one day."""

    ends: date | None
    """Last day with fixes; None where the table does not say."""
    ended: bool
    days: int | None
    """Days that are left; None where the end is not known."""


def life_of(product: Product, version: str, day: date) -> Life:
    """The life of a version such as "1.36" or "19.4.0-1": the longest one in the table that it begins with counts.

    A version below all of the table has ended; when is not said.
    """
    known = ENDS[product]
    numbers = _numbers(version)
    for name, ends in known.items():
        if numbers[: len(_numbers(name))] == _numbers(name):
            return Life(ends, ended=day > ends, days=(ends - day).days)
    return Life(None, ended=numbers < min(map(_numbers, known)), days=None)


def newest(product: Product) -> str:
    """The version that lives longest, as far as the table knows."""
    return max(ENDS[product].items(), key=lambda item: item[1])[0]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split("."))
