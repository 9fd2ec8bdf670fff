"""Who is granted what on GCP, read from a capture once."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from capture import Capture, Registration, Unknown
from reach.data import permissions, role_permissions
from reach.gcp.syntax import ExpressionError, parsed
from reach.model import Fault
from reach.values import answer, block, mapping, place, project_of, text, texts

CUSTOM_ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"
ACCOUNT = "gcp:serviceaccount/account:Account"
OWNER = "roles/owner"

GRANT = re.compile(r"I(?:AM|am)(Member|Binding|Policy)$")
"""Kinds of grants: of one member, of one role, or all of a resource."""

SCOPES: Mapping[str, tuple[str, str]] = {
    "gcp:projects/iAM": ("project", "project"),
    "gcp:folder/iAM": ("above", "folder"),
    "gcp:organizations/iAM": ("above", "orgId"),
    "gcp:storage/bucketIAM": ("bucket", "bucket"),
    "gcp:secretmanager/secretIam": ("secret", "secretId"),
    "gcp:serviceaccount/iAM": ("account", "serviceAccountId"),
    "gcp:kms/cryptoKeyIAM": ("key", "cryptoKeyId"),
    "gcp:kms/keyRingIAM": ("ring", "keyRingId"),
    "gcp:compute/diskIam": ("disk", "name"),
    "gcp:compute/instanceIAM": ("machine", "instanceName"),
    "gcp:compute/subnetworkIAM": ("subnet", "subnetwork"),
    "gcp:iap/tunnelInstanceIAM": ("tunnel", "instance"),
    "gcp:iap/tunnelIAM": ("project", "project"),
    "gcp:artifactregistry/repositoryIam": ("repository", "repository"),
}
"""By the beginning of a type: what a grant is on, and the input that names it."""

IN_A_ZONE = ("disk", "machine", "tunnel", "subnet")
"""What is named by its project and zone, too."""

NOT_READ = (
    *("gcp:iam/denyPolicy:DenyPolicy", "gcp:iam/principalAccessBoundaryPolicy:PrincipalAccessBoundaryPolicy"),
    *("gcp:storage/bucketACL:BucketACL", "gcp:storage/objectACL:ObjectACL"),
    *("gcp:storage/bucketAccessControl:BucketAccessControl", "gcp:storage/objectAccessControl:ObjectAccessControl"),
    *("gcp:storage/defaultObjectACL:DefaultObjectACL",),
    *("gcp:storage/defaultObjectAccessControl:DefaultObjectAccessControl",),
)
"""What gives or takes rights and is not understood here; nothing of the program needs it."""

POOL_PROVIDER = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"

OUTSIDE = ("allUsers", "allAuthenticatedUsers", "user:", "group:", "domain:", "serviceAccount:", "principal://")
MEMBERS = (*OUTSIDE, "principalSet://", "projectOwner:", "projectEditor:", "projectViewer:", "deleted:")
"""How members begin (IAM documentation, "Principal identifiers")."""


@dataclass(frozen=True)
class Grant:
    """One role of one member on one thing."""

    member: str
    role: str
    scope: str
    """For example "bucket:store", "project:testground", "account:a@b"."""
    condition: str
    urn: str


@dataclass(frozen=True)
class CustomRole:
    """A registered role."""

    name: str
    project: str
    permissions: frozenset[str]
    urn: str


class Index:
    """Grants, roles and faults of a capture."""

    def __init__(self, capture: Capture) -> None:
        """Reads every grant; what cannot be read is a fault."""
        self._capture = capture
        self.faults: list[Fault] = []
        self.custom_roles: dict[str, CustomRole] = {}
        """By full name."""
        self.grants: list[Grant] = []
        self.by_member: dict[str, list[Grant]] = defaultdict(list)
        self.projects: tuple[str, ...] = tuple(
            dict.fromkeys(
                project
                for entry in capture.of_type("pulumi:providers:gcp")
                if (project := text(entry.inputs.get("project")))
            )
        )
        self._accounts = {answer(capture, entry, "email") for entry in capture.of_type(ACCOUNT)}
        for entry in capture.of_type(CUSTOM_ROLE):
            self._read_role(entry)
        for entry in capture.resources:
            if entry.cloud == "gcp":
                self._read(entry)

    def role_has(self, role: str, permission: str) -> bool:
        """Whether a role has a permission; "*" is every one, as an owner has."""
        if role in ("*", OWNER):
            return True
        custom = self.custom_roles.get(role)
        known = custom.permissions if custom else role_permissions(role)
        return known is not None and permission in known

    def _read_role(self, entry: Registration) -> None:
        project = project_of(self._capture, entry)
        name = f"projects/{project}/roles/{text(entry.inputs.get('roleId'))}"
        listed = frozenset(texts(entry.inputs.get("permissions")))
        self.custom_roles[name] = CustomRole(name, project, listed, entry.urn)
        if isinstance(entry.inputs.get("permissions"), Unknown):
            self._tell(entry, "permissions", "are known only after an update. HINT: a list of texts")
        for permission in sorted(listed - permissions()):
            hint = "HINT: its right name, or python -m reach.data FOLDER --date DATE"
            self._tell(entry, "permissions", f"has the permission {permission}, which has no entry. {hint}")

    def _read(self, entry: Registration) -> None:
        if entry.type in NOT_READ:
            self._tell(entry, "", "gives or takes rights that are not read. HINT: a role of a member")
            return
        if entry.type == POOL_PROVIDER:
            self._read_expressions(entry)
            return
        kind = GRANT.search(entry.kind)
        if kind is None:
            return
        known = SCOPES.get(entry.type.rpartition(":")[0].removesuffix(kind[1]))
        if known is None:
            self._tell(entry, "", "is a grant on a kind that is not read. HINT: SCOPES in reach/gcp/index.py")
            return
        scope = self._scope(entry, *known)
        if not scope:
            self._tell(entry, known[1], "is known only after an update. HINT: a capture with final values")
            return
        for member, role, condition in self._granted(entry, kind[1]):
            self._add(entry, Grant(member, role, scope, condition, entry.urn))

    def _read_expressions(self, entry: Registration) -> None:
        """Of a provider of a pool, whom it lets in and what it makes of him; reach.federation asks them."""
        mapped = mapping(entry.inputs.get("attributeMapping"))
        expressions = {f"attributeMapping.{name}": value for name, value in mapped.items()}
        for key, value in {"attributeCondition": entry.inputs.get("attributeCondition"), **expressions}.items():
            try:
                if expression := text(value):
                    parsed(expression)
            except ExpressionError as error:
                self._tell(entry, key, f"cannot be read: {error}. HINT: an expression in CEL")

    def _granted(self, entry: Registration, kind: str) -> Iterator[tuple[str, str, str]]:
        """Members with their roles and conditions."""
        if kind == "Policy":
            yield from self._bindings(entry)
            return
        role = entry.inputs.get("role")
        members = entry.inputs.get("member" if kind == "Member" else "members")
        listed = members if isinstance(members, tuple) else (members,)
        condition = text(block(entry.inputs.get("condition")).get("expression"))
        for member in listed:
            if not isinstance(member, str) or not isinstance(role, str):
                self._tell(entry, "member, role", "is known only after an update. HINT: a capture with final values")
            else:
                yield member, role, condition

    def _bindings(self, entry: Registration) -> Iterator[tuple[str, str, str]]:
        try:
            policy: Any = json.loads(text(entry.inputs.get("policyData")))
            bindings = cast("list[dict[str, Any]]", policy["bindings"])
            for binding in bindings:
                condition = str(binding.get("condition", {}).get("expression", ""))
                yield from ((str(member), str(binding["role"]), condition) for member in binding["members"])
        except (ValueError, KeyError, TypeError, AttributeError):
            self._tell(entry, "policyData", 'is no policy. HINT: {"bindings": [{"role": ..., "members": [...]}]}')

    def _add(self, entry: Registration, grant: Grant) -> None:
        self.grants.append(grant)
        self.by_member[grant.member].append(grant)
        if not grant.role.startswith("roles/"):
            if grant.role not in self.custom_roles:
                self._tell(entry, "role", f'names "{grant.role}", which the program does not make. HINT: its name')
        elif grant.role != OWNER and role_permissions(grant.role) is None:
            hint = "HINT: its right name, or python -m reach.data FOLDER --date DATE"
            self._tell(entry, "role", f'names "{grant.role}", of which nothing is known. {hint}')
        if not grant.member.startswith(MEMBERS):
            hint = 'HINT: "serviceAccount:...", "group:..." or another kind of principal'
            self._tell(entry, "member", f'names "{grant.member}", which is no principal. {hint}')
        elif self._is_missing(grant.member):
            hint = "HINT: the member of an account of the program"
            self._tell(entry, "member", f'names "{grant.member}", which the program does not make. {hint}')
        try:
            if grant.condition:
                parsed(grant.condition)
        except ExpressionError as error:
            self._tell(entry, "condition", f"cannot be read: {error}. HINT: an expression in CEL")

    def _is_missing(self, member: str) -> bool:
        """Whether a member is a service account that only this program could make."""
        email = member.removeprefix("serviceAccount:")
        _, _, domain = email.partition("@")
        ours = domain.removesuffix(".iam.gserviceaccount.com") in self.projects
        return member != email and domain.endswith(".iam.gserviceaccount.com") and ours and email not in self._accounts

    def _scope(self, entry: Registration, kind: str, key: str) -> str:
        """What a grant is on; empty where that is not known."""
        value = text(entry.inputs.get(key)) or (project_of(self._capture, entry) if key == "project" else "")
        if not value:
            return ""
        project = project_of(self._capture, entry)
        last = value.rpartition("/")[2]
        if kind in IN_A_ZONE:
            zone = text(entry.inputs.get("zone")) or text(entry.inputs.get("region"))
            return f"{kind}:{project}/{zone}/{last}"
        match kind:
            case "secret":
                own = value.split("/")[1] if value.startswith("projects/") else project
                return f"secret:{own}/{last}"
            case "account":
                return f"account:{last}"
            case "above":
                return "above"
            case _:
                return f"{kind}:{value}"

    def _tell(self, entry: Registration, key: str, message: str) -> None:
        self.faults.append(Fault(entry.urn, place(entry, key), message))
