"""What the token of a job must say, written once for both clouds."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """The two identities of a stack's pipelines."""

    PREVIEW = "preview"
    DEPLOY = "deploy"


Claims = Mapping[str, tuple[str, ...]]
"""Claim to accepted values. All claims must hold; every value is compared whole, never as a pattern."""


@dataclass(frozen=True)
class JobClaims:
    """Which jobs may take one identity."""

    environment: str
    gcp: Claims
    """GCP compares any claim of the token."""
    aws: Claims | None
    """AWS compares only claims that it knows of an issuer (IAM guide, "Available keys for AWS OIDC federation"). None
    where these do not tell such jobs from others: they come to AWS as their service account on GCP."""


@dataclass(frozen=True)
class Platform:
    """A platform that runs pipelines, and the one project of it that is trusted."""

    name: str
    issuer: str
    project_claim: str
    """The claim with the id of the project, which is never used again."""
    project_id: str
    job_claim: str
    """The claim that tells runs apart, for the audit logs."""
    jobs: Mapping[Purpose, JobClaims]

    @property
    def issuer_host(self) -> str:
        """The issuer as AWS writes it, in ARNs and condition keys."""
        return self.issuer.removeprefix("https://")

    def origin(self, purpose: Purpose) -> str:
        """Platform, project and environment in one value, which grants on GCP name."""
        return f"{self.name}/{self.project_id}/{self.jobs[purpose].environment}"
