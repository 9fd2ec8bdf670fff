"""Changes of production that let somebody do what the table forbids him, by one step and by three."""

from dataclasses import dataclass

from policies import Policy
from policies.who_may import rights
from tests.reach.grants import Change, allowed, both, granted, trusted, without_denials

SIGNING_KEY = "SecretIamMember::package-server-package-signing-key-machine"
STORE_ON_AWS = "arn:aws:s3:::example-pkg-production-machine-store/*"
ADMINISTERS_ACCOUNTS = "IAMMember::ci-identity-testground-deploy-iam.serviceAccountAdmin"


@dataclass(frozen=True)
class Forbidden:
    """A change, the row that it breaks, and who is told."""

    name: str
    change: Change
    policy: Policy
    who: str
    """Kind and name, as the message begins."""
    steps: int


FORBIDDEN = (
    Forbidden(
        "a manager writes the machine store on GCP",
        granted("BucketIAMMember::ci-identity-deploy-machine-store", "runner-manager-gcp-blue"),
        rights.machine_stores_are_written_by_deployments_alone,
        "service account runner-manager-gcp-blue (manager of untrusted jobs on GCP)",
        1,
    ),
    Forbidden(
        "a manager writes the machine store on AWS",
        allowed("runner-manager-aws-blue-fleet", "s3:PutObject", STORE_ON_AWS),
        rights.machine_stores_are_written_by_deployments_alone,
        "role runner-manager-aws-blue-machine (manager of untrusted jobs on AWS)",
        1,
    ),
    Forbidden(
        "a host assumes a role that writes the machine store",
        both(
            trusted("aws-flow-log", by="pg-b-machine"),
            allowed("aws-flow-log", "s3:PutObject", STORE_ON_AWS),
        ),
        rights.machine_stores_are_written_by_deployments_alone,
        "role aws-flow-log (flow logs)",
        1,
    ),
    Forbidden(
        "a manager reads the key that signs packages",
        granted(SIGNING_KEY, "runner-manager-gcp-blue"),
        rights.secrets_are_read_by_their_machine_alone,
        "service account runner-manager-gcp-blue (manager of untrusted jobs on GCP)",
        1,
    ),
    Forbidden(
        "preview administers accounts, and so reads what the package server reads",
        granted(ADMINISTERS_ACCOUNTS, "ci-identity-preview"),
        rights.secrets_are_read_by_their_machine_alone,
        "service account ci-identity-preview (previews)",
        3,
    ),
    Forbidden(
        "a manager sets the tag that names a host's document, and so reads the host's passphrase",
        both(allowed("runner-manager-aws-blue-fleet", "ec2:CreateTags", "arn:aws:ec2:*:*:instance/*"), without_denials),
        rights.secrets_are_read_by_their_machine_alone,
        "role runner-manager-aws-blue-machine (manager of untrusted jobs on AWS)",
        3,
    ),
)
