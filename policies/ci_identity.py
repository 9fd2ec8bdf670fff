"""Who may act from outside of the clouds: exact claims, never a pattern, never a whole platform or repository."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from capture import Capture, Registration, Unknown
from policies.policy import Finding
from policies.values import at, component_token, mapping, policy_statements, strings, text, texts

CI_COMPONENTS = ("packyard:ci_identity:CiIdentity", "packyard:ci_identity:GcpProjectAccess")
"""Components that may hold the rights of a deployment."""

DEPLOY_SIDS = ("DeployManagesItsServices", "DeployManagesItsBuckets", "DeployManagesItsSecrets")
"""Whole services of AWS, in the deploy identity alone: it makes, changes and deletes what the program holds."""

BOUNDARY_COMPONENT = "packyard:ci_identity:RoleBoundary"
"""Its policy grants nothing: it is the most that a role may do, beside what the role's own policies say."""

DEPLOY_ROLES: Mapping[str, str] = {
    "roles/certificatemanager.owner": "certificates of the edge are replaced and deleted with their hosts",
    "roles/compute.admin": "networks, machines, disks and load balancers come and go",
    "roles/dns.admin": "zone and records of the stack",
    "roles/iam.serviceAccountAdmin": "each machine has an account of its own",
    "roles/iam.serviceAccountUser": "a machine is made with its account",
    "roles/monitoring.editor": "alarms, channels and metrics",
}
"""Roles on a whole project that the deploy identity may have, with the reason."""

GRANTER_ROLE = "roles/resourcemanager.projectIamAdmin"
"""For the deploy identity, under a condition that names the roles it may grant."""

DATA_PERMISSIONS = ("secretmanager.versions.access", "logging.logEntries.list")
"""What returns data instead of configuration; so does everything of storage.objects."""

PREVIEW_SID = "PreviewReadsConfiguration"

READING_ACTION = re.compile(r"[a-z0-9]+:(Describe|Get|List)\w+")

DATA_ACTIONS = ("s3:GetObject", "s3:GetObjectVersion", "secretsmanager:GetSecretValue", "ssm:GetParameter")

USE_QUOTA = "serviceusage.services.use"
"""Changes nothing: it lets a caller name the project that its calls are billed to."""

READING = (".get", ".getAttestationRules", ".getIamPolicy", ".list")

CLAUSE = re.compile(r'assertion\.(\w+) (?:== "[^"*]+"|in \["[^"*]+"(?:, "[^"*]+")*\])')
"""One clause of an attribute condition: a claim with one value, or one of a list of values."""

GITHUB = "token.actions.githubusercontent.com"

IDS = re.compile(r"^(repo:[^@/:]+)@[1-9]\d*(/[^@/:]+)@[1-9]\d*(?=:)")
"""The first part of a subject with the ids of owner and repository (GitHub, "Immutable subject claims")."""

SUBJECTS = re.compile(r"assertion\.sub (?:==|in) (.+)")

ROLE_SESSIONS = re.compile(r'assertion\.arn\.startsWith\("arn:aws:sts::(\d{12}):assumed-role/[\w+=,.@-]+/"\)')
"""An attribute condition that holds for the sessions of one role. Without the last slash, also for those of roles whose
names begin alike."""


def federated_trusts_are_exact(capture: Capture) -> Iterator[Finding]:
    """A pattern in a trust admits what nobody thought of: other branches, other repositories, pull requests."""
    for role, statement in _federated(capture):
        condition: Mapping[str, Mapping[str, Any]] = statement.get("Condition", {})
        for operator, keys in condition.items():
            if operator != "StringEquals":
                yield Finding(role, f"compares with {operator}. HINT: StringEquals with whole values")
            for key, value in keys.items():
                if any("*" in item or "?" in item for item in strings(value)):
                    yield Finding(role, f"{key} holds a pattern. HINT: list the whole values")


def pipelines_are_bound_to_an_environment(capture: Capture) -> Iterator[Finding]:
    """Without an environment in the subject, any job of the repository will do, that of a merge request included."""
    for role, statement in _federated(capture):
        issuer = strings(statement["Principal"]["Federated"])[0].partition(":oidc-provider/")[2]
        for subject in strings(statement.get("Condition", {}).get("StringEquals", {}).get(f"{issuer}:sub")):
            if issuer and not re.search(r":environment:.|:environment_protected:true", subject):
                yield Finding(role, f"trusts {subject}. HINT: a subject with the environment in it")


def github_subjects_come_in_both_forms(capture: Capture) -> Iterator[Finding]:
    """A repository that is renamed or moved sends its ids in the subject from then on, and all its jobs are refused."""
    for registration, subjects in _github_subjects(capture):
        whole = [subject for subject in subjects if ":environment:" in subject and "*" not in subject]
        forms = {bool(IDS.search(subject)) for subject in whole}
        if whole and (forms != {False, True} or len({IDS.sub(r"\1\2", subject) for subject in whole}) != 1):
            yield Finding(
                registration,
                f"takes {', '.join(whole)} alone. HINT: repo:OWNER/NAME:environment:ENVIRONMENT, and the same with"
                " OWNER@ID/NAME@ID",
            )


def pool_providers_name_their_jobs(capture: Capture) -> Iterator[Finding]:
    """Everyone in the world has a token of the same issuer; audience and condition are all that tells ours apart."""
    for provider in _pool_providers(capture, of_aws=False):
        audiences = texts(at(provider.inputs, "oidc.allowedAudiences"))
        if not audiences or any("*" in audience for audience in audiences):
            yield Finding(provider, "takes tokens that were made for others. HINT: one audience of the stack's own")
        clauses = [CLAUSE.fullmatch(part) for part in text(provider.inputs.get("attributeCondition")).split(" && ")]
        claims = {clause[1] for clause in clauses if clause}
        if None in clauses or not claims & {"project_id", "repository_id"} or "environment" not in claims:
            yield Finding(
                provider,
                "admits jobs that it does not name. HINT: a condition of exact claims joined by &&, with project_id or"
                " repository_id, and environment",
            )


def pool_providers_on_aws_name_one_role(capture: Capture) -> Iterator[Finding]:
    """Every machine, person and service of an account can sign the call that such a provider takes as proof."""
    for provider in _pool_providers(capture, of_aws=True):
        account = text(at(provider.inputs, "aws.accountId"))
        role = ROLE_SESSIONS.fullmatch(text(provider.inputs.get("attributeCondition")))
        if role is None or role[1] != account:
            yield Finding(
                provider,
                "admits more than one role of its own account. HINT: a condition"
                f' assertion.arn.startsWith("arn:aws:sts::{account}:assumed-role/ROLE/")',
            )


def pools_are_never_trusted_whole(capture: Capture) -> Iterator[Finding]:
    """A grant to a whole pool holds for every job of every provider that it will ever have."""
    for grant in capture.resources:
        member = text(grant.inputs.get("member")) if grant.cloud == "gcp" else ""
        if member.startswith("principalSet:") and not re.search(r"/attribute\.\w+/[^*]+$", member):
            yield Finding(grant, f"grants {member}. HINT: principalSet://.../attribute.NAME/VALUE")


def previews_only_read(capture: Capture) -> Iterator[Finding]:
    """A preview runs the code of a merge request before anybody has looked at it."""
    for policy in capture.of_type("aws:iam/rolePolicy:RolePolicy"):
        for statement in policy_statements(policy, "policy"):
            if statement.get("Sid") == PREVIEW_SID:
                for action in strings(statement["Action"]):
                    if not READING_ACTION.fullmatch(action) or action in DATA_ACTIONS:
                        yield Finding(policy, f"allows {action}. HINT: Describe, Get and List of configuration alone")
    for grant in capture.of_type("gcp:projects/iAMMember:IAMMember"):
        for role in custom_roles(capture, text(grant.inputs.get("role"))):
            for name in texts(role.inputs.get("permissions")) if role.name.endswith("-preview") else ():
                if not name.endswith(READING) and name != USE_QUOTA:
                    yield Finding(role, f"permits {name}. HINT: what ends in {', '.join(READING)} alone")


def is_deployment(registration: Registration, statement: Mapping[str, Any]) -> bool:
    """Whether a statement is one of the deploy identity that names whole services."""
    return statement.get("Sid") in DEPLOY_SIDS and component_token(registration) in CI_COMPONENTS


def is_boundary(registration: Registration) -> bool:
    """Whether a policy is the one that bounds roles."""
    return registration.type == "aws:iam/policy:Policy" and component_token(registration) == BOUNDARY_COMPONENT


def roles_stay_within_the_boundary(capture: Capture) -> Iterator[Finding]:
    """A role without it may be given any right by whoever deploys. The roles of the pipelines are a person's.

    Where no pipeline has an identity there is no boundary, and nothing to hold a role against.
    """
    for boundary in filter(is_boundary, capture.resources):
        name = text(boundary.inputs.get("name"))
        for role in capture.of_type("aws:iam/role:Role"):
            if component_token(role) in CI_COMPONENTS:
                continue
            bound = role.inputs.get("permissionsBoundary")
            if not isinstance(bound, Unknown) and not text(bound).endswith(f":policy/{name}"):
                yield Finding(role, f"has not the boundary {name}. HINT: make it by components/roles.py")


def is_reviewed_grant(capture: Capture, grant: Registration) -> bool:
    """Whether a grant on a whole project is one of a pipeline's identities, and of the kind that they may have."""
    if component_token(grant) not in CI_COMPONENTS:
        return False
    role = text(grant.inputs.get("role"))
    if role == GRANTER_ROLE:
        limit = text(at(grant.inputs, "condition.expression"))
        return "modifiedGrantsByRole" in limit and not re.search(r"roles/(owner|editor|resourcemanager|iam)\b", limit)
    return role in DEPLOY_ROLES or any(_gives_no_data(entry) for entry in custom_roles(capture, role))


def _gives_no_data(role: Registration) -> bool:
    return not any(
        name in DATA_PERMISSIONS or name.startswith("storage.objects.")
        for name in texts(role.inputs.get("permissions"))
    )


def custom_roles(capture: Capture, name: str) -> Iterator[Registration]:
    """Our own roles of a full name, as grants name them."""
    for entry in capture.of_type("gcp:projects/iAMCustomRole:IAMCustomRole"):
        if name == f"projects/{text(entry.inputs.get('project'))}/roles/{text(entry.inputs.get('roleId'))}":
            yield entry


def _pool_providers(capture: Capture, *, of_aws: bool) -> Iterator[Registration]:
    for provider in capture.of_type("gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"):
        if ("aws" in provider.inputs) == of_aws:
            yield provider


def _github_subjects(capture: Capture) -> Iterator[tuple[Registration, tuple[str, ...]]]:
    """Whatever trusts jobs of GitHub, with the subjects that it accepts."""
    for role, statement in _federated(capture):
        for keys in statement.get("Condition", {}).values():
            yield role, strings(keys.get(f"{GITHUB}:sub"))
    for provider in _pool_providers(capture, of_aws=False):
        clauses = text(provider.inputs.get("attributeCondition")).split(" && ")
        found = [match for clause in clauses if (match := SUBJECTS.fullmatch(clause))]
        if GITHUB in text(at(provider.inputs, "oidc.issuerUri")) and found:
            yield provider, strings(json.loads(found[0][1]))


def _federated(capture: Capture) -> Iterator[tuple[Registration, dict[str, Any]]]:
    for role in capture.of_type("aws:iam/role:Role"):
        for statement in policy_statements(role, "assumeRolePolicy"):
            if statement["Effect"] == "Allow" and "Federated" in mapping(statement.get("Principal")):
                yield role, statement
