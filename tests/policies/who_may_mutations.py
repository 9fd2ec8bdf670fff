"""Changes of production that let somebody do what the table forbids him, by one step and by three."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from capture import Capture
from policies import Policy
from policies.who_may import ports, rights
from tests.reach.building import adding, allow, editing, granting
from tests.reach.grants import Change, allowed, both, granted, keeping_tls_alone, trusted, without_denials
from tests.reach.network.changes import address_of, edited, made, with_rule

SIGNING_KEY = "SecretIamMember::package-server-package-signing-key-machine"
WRITES_THE_STORE = "BucketIAMMember::ci-identity-deploy-machine-store"
ADMINISTERS_ACCOUNTS = "IAMMember::ci-identity-testground-deploy-iam.serviceAccountAdmin"
READS_RELEASES = "BucketIAMMember::package-server-release-reader"
STORE_ON_AWS = "arn:aws:s3:::example-pkg-production-machine-store/*"
VAULT = "arn:aws:s3:::example-pkg-production-backup-vault/*"
CACHE_OF_PUBLISH_JOBS = "arn:aws:s3:::example-pkg-production-runners-aws-publish-cache/*"

MANAGER_ON_AWS = "role runner-manager-aws-blue-machine (manager of untrusted jobs on AWS)"
MANAGER_ON_GCP = "service account runner-manager-gcp-blue (manager of untrusted jobs on GCP)"
PREVIEW = "service account ci-identity-preview (previews)"
ANY_JOB = "jobs of gitlab.example.com with"
FRONT = "outsider serviceAccount:service-"
UPLOAD = "package-server-upload"
UNTRUSTED, PUBLISH = "shard-amd64-untrusted-blue", "shard-amd64-publish-blue"
SSH = {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22}


@dataclass(frozen=True)
class Forbidden:
    """A change, the row that it breaks, and who is told."""

    name: str
    change: Change
    policy: Policy
    who: str
    """Kind and name, as the message begins."""
    steps: int


def jobs_of_any_branch(capture: Capture) -> Capture:
    """The pool for deployments takes every job of the repository."""
    return editing(
        capture,
        "WorkloadIdentityPoolProvider::ci-identity-deploy-gitlab",
        attributeCondition='assertion.project_path == "example-group/packyard"',
    )


def jobs_that_call_themselves_production(capture: Capture) -> Capture:
    """The role of deployments takes GitLab's own tokens, of which AWS compares the tier that a job says it has."""
    name = "ci-identity-deploy"
    role = next(entry for entry in capture.of_type("aws:iam/role:Role") if entry.name == name)
    trust = json.loads(str(role.inputs["assumeRolePolicy"]))
    subject = "project_path:example-group/packyard:environment_protected:true:deployment_tier:production"
    claims = {"gitlab.example.com:aud": "https://packyard.example.com/production", "gitlab.example.com:sub": subject}
    issuer = "arn:aws:iam::111111111111:oidc-provider/gitlab.example.com"
    trust["Statement"].append(
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": issuer},
            "Condition": {"StringEquals": claims},
        }
    )
    return editing(capture, f"aws:iam/role:Role::{name}", assumeRolePolicy=json.dumps(trust))


def another_issuer_with_the_same_claims(capture: Capture) -> Capture:
    """The pool for deployments takes the tokens of another forge in place of ours."""
    oidc = next(
        entry.inputs["oidc"]
        for entry in capture.of_type("gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider")
        if entry.name == "ci-identity-deploy-gitlab"
    )
    assert isinstance(oidc, Mapping)
    stranger = {**oidc, "issuerUri": "https://git.example.net"}
    return editing(capture, "WorkloadIdentityPoolProvider::ci-identity-deploy-gitlab", oidc=stranger)


def within_any_boundary(*changes: Change) -> Change:
    """Changes of policies of roles, with a boundary that lets everything through."""

    def unbound(capture: Capture) -> Capture:
        return granting(without_denials(capture), "aws:iam/policy:Policy::role-boundary", allow("*"))

    return both(unbound, *changes)


def strangers_log_in_where_packages_are_signed(capture: Capture) -> Capture:
    """Workers of strangers may send SSH to workers that publish, which take it."""
    groups = {name: ("SecurityGroup", f"{name}-workers") for name in (UNTRUSTED, PUBLISH)}
    entering = {"referencedSecurityGroupId": groups[UNTRUSTED], "securityGroupId": groups[PUBLISH]}
    leaving = {"referencedSecurityGroupId": groups[PUBLISH], "securityGroupId": groups[UNTRUSTED]}
    rule = ("SecurityGroupIngressRule", f"{PUBLISH}-ssh")
    leaves = ("SecurityGroupEgressRule", "runner-manager-aws-blue-ssh-amd64-untrusted")
    return made(leaves, "out", SSH, leaving)(made(rule, "in", SSH, entering)(capture))


def uploads_from(*ranges: str) -> Change:
    """More addresses in the list of who may upload."""
    return lambda capture: edited("SecurityPolicy", UPLOAD, {"rules": with_rule(capture, UPLOAD, 0, *ranges)})(capture)


def uploads_from_where_strangers_leave(capture: Capture) -> Capture:
    """The address behind which strangers' jobs lie, in the list of who may upload."""
    rules = with_rule(capture, UPLOAD, 0, address_of(capture, "Eip", "aws-nat-a"))
    return edited("SecurityPolicy", UPLOAD, {"rules": rules}, {"rules": ("Eip", "aws-nat-a")})(capture)


IN_THE_CLOUDS = (
    Forbidden(
        "a manager writes the machine store on GCP",
        granted(WRITES_THE_STORE, "runner-manager-gcp-blue"),
        rights.machine_stores_are_written_by_deployments_alone,
        MANAGER_ON_GCP,
        1,
    ),
    Forbidden(
        "a manager writes the machine store on AWS",
        allowed("runner-manager-aws-blue-fleet", "s3:PutObject", STORE_ON_AWS),
        rights.machine_stores_are_written_by_deployments_alone,
        MANAGER_ON_AWS,
        1,
    ),
    Forbidden(
        "jobs of any branch write the machine store",
        jobs_of_any_branch,
        rights.machine_stores_are_written_by_deployments_alone,
        ANY_JOB,
        3,
    ),
    Forbidden(
        "jobs of another forge, with the claims of ours, write the machine store",
        another_issuer_with_the_same_claims,
        rights.machine_stores_are_written_by_deployments_alone,
        "jobs of git.example.net with",
        3,
    ),
    Forbidden(
        "jobs that call themselves production write the machine store on AWS",
        jobs_that_call_themselves_production,
        rights.machine_stores_are_written_by_deployments_alone,
        ANY_JOB,
        2,
    ),
    Forbidden(
        "a manager reads the key that signs packages",
        granted(SIGNING_KEY, "runner-manager-gcp-blue"),
        rights.secrets_are_read_by_their_machine_alone,
        MANAGER_ON_GCP,
        1,
    ),
    Forbidden(
        "somebody whom the program does not make reads a secret",
        lambda capture: adding(capture, SIGNING_KEY, "more", member="serviceAccount:another@example.com"),
        rights.secrets_are_read_by_their_machine_alone,
        "outsider serviceAccount:another@example.com",
        1,
    ),
    Forbidden(
        "preview administers accounts, and so reads what the package server reads",
        granted(ADMINISTERS_ACCOUNTS, "ci-identity-preview"),
        rights.secrets_are_read_by_their_machine_alone,
        PREVIEW,
        3,
    ),
    Forbidden(
        "a manager sets the tag that names a host's document, and so reads the host's passphrase",
        both(allowed("runner-manager-aws-blue-fleet", "ec2:CreateTags", "arn:aws:ec2:*:*:instance/*"), without_denials),
        rights.secrets_are_read_by_their_machine_alone,
        MANAGER_ON_AWS,
        3,
    ),
    Forbidden(
        "preview puts a version of its own into secrets",
        allowed("ci-identity-preview", "secretsmanager:PutSecretValue"),
        rights.secrets_are_changed_by_deployments_alone,
        "role ci-identity-preview (previews)",
        1,
    ),
    Forbidden(
        "jobs of any branch put versions of their own into secrets",
        jobs_of_any_branch,
        rights.secrets_are_changed_by_deployments_alone,
        ANY_JOB,
        3,
    ),
    Forbidden(
        "the manager of strangers' jobs fills the cache of jobs that publish",
        allowed("runner-manager-aws-blue-fleet", "s3:PutObject", CACHE_OF_PUBLISH_JOBS),
        rights.objects_are_written_by_whom_the_table_names,
        MANAGER_ON_AWS,
        1,
    ),
    Forbidden(
        "preview writes the state",
        granted("BucketIAMMember::ci-identity-deploy-state", "ci-identity-preview"),
        rights.objects_are_written_by_whom_the_table_names,
        PREVIEW,
        1,
    ),
    Forbidden(
        "preview administers accounts, and so writes the packages that are released",
        granted(ADMINISTERS_ACCOUNTS, "ci-identity-preview"),
        rights.objects_are_written_by_whom_the_table_names,
        PREVIEW,
        3,
    ),
    Forbidden(
        "a manager reads every backup",
        allowed("runner-manager-aws-blue-fleet", "s3:GetObject", VAULT),
        rights.objects_are_read_by_whom_the_table_names,
        MANAGER_ON_AWS,
        1,
    ),
    Forbidden(
        "a manager assumes the role of a database host, and so reads the repository in the other cloud",
        trusted("pg-b-machine", by="runner-manager-aws-blue-machine"),
        rights.objects_are_read_by_whom_the_table_names,
        MANAGER_ON_AWS,
        3,
    ),
    Forbidden(
        "the front lists the packages that it serves",
        lambda capture: editing(capture, READS_RELEASES, role="roles/storage.objectViewer"),
        rights.what_is_served_is_listed_by_whom_the_table_names,
        FRONT,
        1,
    ),
    Forbidden(
        "preview administers accounts, and so lists the packages that are served",
        granted(ADMINISTERS_ACCOUNTS, "ci-identity-preview"),
        rights.what_is_served_is_listed_by_whom_the_table_names,
        PREVIEW,
        3,
    ),
    Forbidden(
        "the vault's policy keeps its TLS statement alone",
        keeping_tls_alone,
        rights.backups_are_shortened_by_operators_alone,
        "administrator of 111111111111 (administrators of AWS)",
        1,
    ),
    Forbidden(
        "without the vault's denials a manager's own right to delete versions counts",
        both(
            keeping_tls_alone,
            within_any_boundary(allowed("runner-manager-aws-blue-fleet", "s3:DeleteObjectVersion", VAULT)),
        ),
        rights.backups_are_shortened_by_operators_alone,
        MANAGER_ON_AWS,
        1,
    ),
    Forbidden(
        "a manager assumes the role of the snapshot service",
        within_any_boundary(trusted("pg-b-snapshots", by="runner-manager-aws-blue-machine")),
        rights.backups_are_shortened_by_operators_alone,
        MANAGER_ON_AWS,
        2,
    ),
    Forbidden(
        "jobs of any branch delete buckets",
        jobs_of_any_branch,
        rights.backups_are_shortened_by_operators_alone,
        ANY_JOB,
        3,
    ),
    Forbidden(
        "preview administers accounts",
        granted(ADMINISTERS_ACCOUNTS, "ci-identity-preview"),
        rights.identities_are_administered_by_whom_the_table_names,
        PREVIEW,
        1,
    ),
    Forbidden(
        "preview rewrites roles",
        allowed("ci-identity-preview", ["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"]),
        rights.identities_are_administered_by_whom_the_table_names,
        "role ci-identity-preview (previews)",
        1,
    ),
    Forbidden(
        "jobs of any branch administer accounts",
        jobs_of_any_branch,
        rights.identities_are_administered_by_whom_the_table_names,
        ANY_JOB,
        3,
    ),
    Forbidden(
        "a manager decrypts the secrets of the state",
        granted("CryptoKeyIAMMember::ci-identity-deploy-key", "runner-manager-gcp-blue"),
        rights.the_state_is_decrypted_by_pipelines_alone,
        MANAGER_ON_GCP,
        1,
    ),
    Forbidden(
        "jobs of any branch decrypt the secrets of the state",
        jobs_of_any_branch,
        rights.the_state_is_decrypted_by_pipelines_alone,
        ANY_JOB,
        3,
    ),
    Forbidden(
        "a manager writes the keys that database hosts exchange",
        allowed("runner-manager-aws-blue-fleet", "ssm:PutParameter"),
        rights.parameters_are_written_by_their_hosts_alone,
        MANAGER_ON_AWS,
        1,
    ),
    Forbidden(
        "through the machine store a manager writes the keys that database hosts exchange",
        granted(WRITES_THE_STORE, "runner-manager-gcp-blue"),
        rights.parameters_are_written_by_their_hosts_alone,
        MANAGER_ON_GCP,
        4,
    ),
    Forbidden(
        "a manager sets tags on machines",
        both(allowed("runner-manager-aws-blue-fleet", "ec2:CreateTags", "arn:aws:ec2:*:*:instance/*"), without_denials),
        rights.machines_obey_whom_the_table_names,
        MANAGER_ON_AWS,
        1,
    ),
    Forbidden(
        "the manager of strangers' jobs logs in to workers that publish",
        allowed("runner-manager-aws-blue-fleet", "ec2-instance-connect:SendSSHPublicKey", "arn:aws:ec2:*:*:instance/*"),
        rights.machines_obey_whom_the_table_names,
        MANAGER_ON_AWS,
        1,
    ),
    Forbidden(
        "a manager writes metadata in the project of another tier",
        granted("IAMMember::ci-identity-protected-build-runners-deploy-compute.admin", "runner-manager-gcp-blue"),
        rights.machines_obey_whom_the_table_names,
        MANAGER_ON_GCP,
        1,
    ),
    Forbidden(
        "jobs of any branch become root",
        jobs_of_any_branch,
        rights.machines_obey_whom_the_table_names,
        ANY_JOB,
        3,
    ),
    Forbidden(
        "a grant of a role that does not exist",
        lambda capture: editing(capture, "BucketIAMMember::runner-manager-gcp-blue-cache", role="roles/storage.owner"),
        rights.grants_can_be_read,
        "components/",
        0,
    ),
)

IN_THE_NETWORK = (
    Forbidden(
        "strangers log in where packages are signed",
        strangers_log_in_where_packages_are_signed,
        ports.doors_are_reached_by_whom_the_table_names,
        f"job on worker group {UNTRUSTED} (worker of untrusted jobs on AWS) reaches job on worker group {PUBLISH}",
        2,
    ),
    Forbidden(
        "everyone uploads packages",
        uploads_from("0.0.0.0/0"),
        ports.doors_are_reached_by_whom_the_table_names,
        "anybody on the internet (the internet) reaches upload.packyard.example.com",
        5,
    ),
    Forbidden(
        "jobs of strangers upload packages, by the address that they leave from",
        uploads_from_where_strangers_leave,
        ports.doors_are_reached_by_whom_the_table_names,
        f"job on worker group {UNTRUSTED} (worker of untrusted jobs on AWS) reaches upload.packyard.example.com",
        8,
    ),
)

FORBIDDEN = (*IN_THE_CLOUDS, *IN_THE_NETWORK)
