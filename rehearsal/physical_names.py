"""Names that the program gives, and that a cloud allows once.

A resource with such a name cannot be made beside its old one, so a replacement that creates first fails in the real
cloud although every preview accepts it. Types that are left out have no name, get one from their provider, or are
overwritten by a second call with the same name (PutMetricAlarm, PutRolePolicy, CreateTopic).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from capture.registration import Value


@dataclass(frozen=True)
class UniqueName:
    """How the resources of a type are told apart."""

    properties: tuple[str, ...]
    """Inputs that make up the name within its place; the first one is the name itself."""
    error: str
    """What the API answers to a second one."""
    everywhere: bool = False
    """Whether no other account or project may have it either."""


_GCP_ALREADY_EXISTS = "googleapi: Error 409: already exists, alreadyExists"
"""The Google APIs' common error (Cloud APIs, error model)."""


def _gcp(*properties: str) -> UniqueName:
    return UniqueName(properties, _GCP_ALREADY_EXISTS)


def _bucket(name: str, error: str) -> UniqueName:
    return UniqueName((name,), error, everywhere=True)


_NAMED = _gcp("name")

UNIQUE_NAMES: Mapping[str, UniqueName] = {
    # Error codes of each service's API reference.
    "aws:autoscaling/group:Group": UniqueName(("name",), "AlreadyExists"),
    "aws:cloudwatch/logGroup:LogGroup": UniqueName(("name",), "ResourceAlreadyExistsException"),
    "aws:eks/addon:Addon": UniqueName(("addonName", "clusterName"), "ResourceInUseException"),
    "aws:eks/cluster:Cluster": UniqueName(("name",), "ResourceInUseException"),
    "aws:iam/instanceProfile:InstanceProfile": UniqueName(("name",), "EntityAlreadyExists"),
    "aws:iam/role:Role": UniqueName(("name",), "EntityAlreadyExists"),
    "aws:s3/bucket:Bucket": _bucket("bucket", "BucketAlreadyOwnedByYou"),
    "aws:secretsmanager/secret:Secret": UniqueName(("name",), "ResourceExistsException"),
    "aws:ssm/parameter:Parameter": UniqueName(("name",), "ParameterAlreadyExists"),
    "gcp:certificatemanager/certificateMap:CertificateMap": _NAMED,
    "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry": _gcp("name", "map"),
    "gcp:compute/address:Address": _gcp("name", "region"),
    "gcp:compute/backendBucket:BackendBucket": _NAMED,
    "gcp:compute/backendService:BackendService": _NAMED,
    "gcp:compute/disk:Disk": _gcp("name", "zone"),
    "gcp:compute/firewall:Firewall": _NAMED,
    "gcp:compute/globalAddress:GlobalAddress": _NAMED,
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": _NAMED,
    "gcp:compute/healthCheck:HealthCheck": _NAMED,
    "gcp:compute/instance:Instance": _gcp("name", "zone"),
    "gcp:compute/instanceGroup:InstanceGroup": _gcp("name", "zone"),
    "gcp:compute/instanceGroupManager:InstanceGroupManager": _gcp("name", "zone"),
    "gcp:compute/network:Network": _NAMED,
    "gcp:compute/router:Router": _gcp("name", "region"),
    "gcp:compute/routerNat:RouterNat": _gcp("name", "router", "region"),
    "gcp:compute/sSLPolicy:SSLPolicy": _NAMED,
    "gcp:compute/securityPolicy:SecurityPolicy": _NAMED,
    "gcp:compute/subnetwork:Subnetwork": _gcp("name", "region"),
    "gcp:compute/targetHttpProxy:TargetHttpProxy": _NAMED,
    "gcp:compute/targetHttpsProxy:TargetHttpsProxy": _NAMED,
    "gcp:compute/uRLMap:URLMap": _NAMED,
    "gcp:dns/managedZone:ManagedZone": _NAMED,
    "gcp:dns/recordSet:RecordSet": _gcp("name", "type", "managedZone"),
    "gcp:projects/iAMCustomRole:IAMCustomRole": _gcp("roleId"),
    "gcp:secretmanager/secret:Secret": _gcp("secretId"),
    "gcp:serviceaccount/account:Account": _gcp("accountId"),
    "gcp:storage/bucket:Bucket": _bucket("name", _GCP_ALREADY_EXISTS),
}


def unique_name(resource_type: str, inputs: Mapping[str, Value], place: str) -> tuple[str, ...]:
    """What no two living resources may share; empty where there is no such name. `place` is an account or project."""
    rule = UNIQUE_NAMES.get(resource_type)
    if rule is None or not isinstance(inputs.get(rule.properties[0]), str):
        return ()
    where = "" if rule.everywhere else str(inputs.get("project") or inputs.get("region") or place)
    return (resource_type, where, *(str(inputs.get(key, "")) for key in rule.properties))
