"""The part of the supplement that is about Google Cloud; policies/limits/supplement.py says how it was read."""

from collections.abc import Mapping

from policies.limits.limit import KEYS, VALUES, Limit

GCE_NAME = "[a-z]([-a-z0-9]{0,61}[a-z0-9])?"

_GCE = "provider-google, verify/validation.go: ValidateGCEName"
_NETWORK_TAGS = "VPC documentation, Add network tags"
_LABELS = "Compute Engine documentation, Organize resources using labels: requirements"
_BUCKET = "Cloud Storage documentation, About Cloud Storage buckets: bucket names"
_FIREWALL = "VPC documentation, Quotas and limits: VPC firewall rules"
_POOLS = "provider-google, services/iambeta: the checks of pool and provider ids"
_ROLES = "IAM documentation, Create and manage custom roles"
_METADATA = "Compute Engine documentation, About VM metadata: limitations"
_DISKS = "Compute Engine documentation, Persistent Disk and Hyperdisk: size limits"
_MONITORING = "Cloud Monitoring documentation, Quotas and limits: alerting"
_ABSENCE = "Cloud Monitoring API reference, MetricAbsence: multiples of a minute, two at least"
_RUN_DURATION = "Compute Engine documentation, Limit the run time of a VM: 30 seconds to 120 days"

LEAST_DISK_GIB: Mapping[str, int] = {
    "pd-standard": 10,
    "pd-balanced": 10,
    "pd-ssd": 10,
    "pd-extreme": 500,
    "hyperdisk-balanced": 4,
    "hyperdisk-extreme": 64,
    "hyperdisk-throughput": 2048,
}
"""Smallest size by type of disk."""

NAME = (Limit("name", _GCE, shortest=1, longest=63, pattern=GCE_NAME),)


def _sizes(size: str, kind: str) -> tuple[Limit, ...]:
    return tuple(
        Limit(size, _DISKS, least=least, most=65536, only_where=(kind, name)) for name, least in LEAST_DISK_GIB.items()
    )


def _tags(path: str, most: int) -> Limit:
    return Limit(path, _NETWORK_TAGS, shortest=1, longest=63, pattern=GCE_NAME, most_items=most)


_VALUES = (
    Limit(f"metadata.{KEYS}", _METADATA, shortest=1, longest=128, pattern="[a-zA-Z0-9_-]+"),
    Limit(f"metadata.{VALUES}", _METADATA, longest_bytes=262_144),
    _tags("tags", 64),
)

_CERTIFICATE_NAME = Limit(
    "name",
    "Certificate Manager API reference: as the names of certificates",
    shortest=1,
    longest=64,
    pattern="[a-zA-Z][a-zA-Z0-9_-]*",
)

_CONDITION = (
    Limit("condition.title", "IAM documentation, Overview of IAM Conditions: quotas", shortest=1, longest=100),
    Limit("condition.description", "IAM documentation, Overview of IAM Conditions: quotas", longest=256),
)

_TEMPLATE = (
    *NAME,
    *_VALUES,
    *_sizes("disks.diskSizeGb", "diskType"),
    Limit("scheduling.maxRunDuration.seconds", _RUN_DURATION, least=30, most=10_368_000),
)

GCP_SUPPLEMENT: Mapping[str, tuple[Limit, ...]] = {
    "gcp:certificatemanager/certificateMap:CertificateMap": (_CERTIFICATE_NAME,),
    "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry": (
        _CERTIFICATE_NAME,
        Limit("certificates", "Certificate Manager documentation, Quotas and limits", most_items=4),
    ),
    "gcp:compute/disk:Disk": (
        *NAME,
        *_sizes("size", "type"),
        # The provider appends a date and a time; a longer prefix fails when the disk is deleted, and not before.
        Limit(
            "createSnapshotBeforeDestroyPrefix",
            "provider-google, services/compute/resource_compute_disk.go: resourceComputeDiskDelete",
            longest=48,
        ),
    ),
    "gcp:compute/externalVpnGateway:ExternalVpnGateway": NAME,
    "gcp:compute/firewall:Firewall": (
        Limit("sourceRanges", _FIREWALL, most_items=5000),
        Limit("destinationRanges", _FIREWALL, most_items=5000),
        Limit("targetServiceAccounts", _FIREWALL, most_items=10),
        Limit("sourceServiceAccounts", _FIREWALL, most_items=10),
        Limit("sourceTags", _FIREWALL, most_items=30),
        _tags("targetTags", 70),
    ),
    "gcp:compute/haVpnGateway:HaVpnGateway": NAME,
    "gcp:compute/instance:Instance": (*NAME, *_VALUES, *_sizes("bootDisk.initializeParams.size", "type")),
    "gcp:compute/instanceGroup:InstanceGroup": (
        Limit("namedPorts.name", "Compute Engine API reference, instanceGroups", longest=63, pattern=GCE_NAME),
        Limit("namedPorts.port", "Compute Engine API reference, instanceGroups", least=1, most=65535),
    ),
    "gcp:compute/instanceGroupManager:InstanceGroupManager": (
        Limit("baseInstanceName", "Compute Engine API reference, instanceGroupManagers", longest=58),
    ),
    "gcp:compute/instanceTemplate:InstanceTemplate": _TEMPLATE,
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate": _TEMPLATE,
    "gcp:compute/routerInterface:RouterInterface": NAME,
    "gcp:compute/routerNat:RouterNat": (
        Limit("name", "provider-google, services/compute/resource_compute_router_nat.go", shortest=2),
    ),
    "gcp:compute/routerPeer:RouterPeer": (
        *NAME,
        Limit("name", "provider-google, services/compute/resource_compute_router_peer.go", shortest=2),
    ),
    "gcp:compute/securityPolicy:SecurityPolicy": (
        *NAME,
        Limit(
            "rules.match.config.srcIpRanges",
            "provider-google, services/compute/resource_compute_security_policy.go",
            most_items=10,
        ),
        Limit("rules.description", "Cloud Armor documentation, Quotas and limits", longest=64),
        Limit("rules.priority", "Compute Engine API reference, securityPolicies", least=0, most=2_147_483_647),
    ),
    "gcp:compute/vPNTunnel:VPNTunnel": NAME,
    "gcp:dns/managedZone:ManagedZone": (
        Limit("name", "Cloud DNS API reference, managedZones", shortest=1, longest=63, pattern=GCE_NAME),
        Limit("description", "Cloud DNS API reference, managedZones", longest=1024),
        Limit("dnsName", "Cloud DNS API reference, managedZones", pattern=r".*\."),
    ),
    "gcp:dns/recordSet:RecordSet": (
        Limit("name", "Cloud DNS API reference, resourceRecordSets", pattern=r".*\."),
        Limit("ttl", "RFC 2181, section 8", least=0, most=2_147_483_647),
        Limit("rrdatas", "Cloud DNS documentation, Quotas and limits", most_items=100),
    ),
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": (
        Limit("workloadIdentityPoolId", _POOLS, shortest=4, longest=32, pattern="[0-9a-z-]+", not_first=("gcp-",)),
    ),
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": (
        Limit(
            "workloadIdentityPoolProviderId", _POOLS, shortest=4, longest=32, pattern="[0-9a-z-]+", not_first=("gcp-",)
        ),
        Limit("attributeCondition", "IAM API reference, workloadIdentityPools.providers", longest=4096),
        Limit("attributeMapping", "IAM API reference, workloadIdentityPools.providers", most_items=50),
        Limit(f"attributeMapping.{VALUES}", "IAM API reference, workloadIdentityPools.providers", longest=2048),
        Limit("oidc.issuerUri", "IAM API reference, workloadIdentityPools.providers", pattern="https://.*"),
    ),
    "gcp:kms/cryptoKey:CryptoKey": (
        Limit("name", "Cloud KMS API reference, cryptoKeys", longest=63, pattern="[a-zA-Z0-9_-]+"),
    ),
    "gcp:logging/projectSink:ProjectSink": (
        Limit(
            "name",
            "Cloud Logging API reference, LogSink",
            shortest=1,
            longest=100,
            pattern="[A-Za-z0-9][A-Za-z0-9_.-]*",
        ),
    ),
    "gcp:monitoring/alertPolicy:AlertPolicy": (
        Limit("conditions", _MONITORING, most_items=6),
        Limit("notificationChannels", _MONITORING, most_items=16),
        Limit("conditions.displayName", _MONITORING, longest=512),
        Limit("documentation.content", _MONITORING, longest_bytes=10_240),
        Limit("conditions.conditionAbsent.duration", _ABSENCE, least=120, most=84_600, step=60),
        Limit("conditions.conditionThreshold.duration", _MONITORING, least=0, most=84_600, step=60),
        Limit("alertStrategy.autoClose", "Cloud Monitoring API reference, AlertStrategy", least=1800, most=604_800),
    ),
    "gcp:monitoring/metricDescriptor:MetricDescriptor": (
        Limit(
            "type",
            "Cloud Monitoring documentation, Create user-defined metrics: metric names",
            longest=200,
            pattern=r"[a-z.]+/[A-Za-z0-9_/.-]+",
        ),
        Limit("labels", "Cloud Monitoring documentation, Quotas and limits: user-defined metrics", most_items=30),
        Limit("labels.key", "Cloud Monitoring API reference, LabelDescriptor", longest=100, pattern="[a-z][a-z0-9_]*"),
    ),
    "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": (
        Limit("displayName", "Cloud Monitoring API reference, UptimeCheckConfig", longest=512),
        Limit(
            "period",
            "Cloud Monitoring API reference, UptimeCheckConfig",
            values=("60s", "300s", "600s", "900s"),
        ),
        Limit("timeout", "Cloud Monitoring API reference, UptimeCheckConfig", least=1, most=60),
    ),
    "gcp:projects/iAMCustomRole:IAMCustomRole": (
        Limit("roleId", "provider-google, verify/validation.go: IAMCustomRoleIDRegex", pattern=r"[a-zA-Z0-9_.]{3,64}"),
        Limit("title", _ROLES, longest_bytes=100),
        Limit("description", _ROLES, longest_bytes=300),
        Limit("permissions", _ROLES, most_items=3000),
    ),
    "gcp:projects/iAMMember:IAMMember": _CONDITION,
    "gcp:secretmanager/secret:Secret": (
        Limit("secretId", "Secret Manager API reference, secrets.create", longest=255, pattern="[a-zA-Z0-9_-]+"),
    ),
    "gcp:serviceaccount/account:Account": (
        Limit(
            "accountId",
            "provider-google, services/resourcemanager/resource_google_service_account.go",
            shortest=6,
            longest=30,
            pattern=GCE_NAME,
        ),
        Limit("displayName", "IAM API reference, ServiceAccount", longest_bytes=100),
        Limit("description", "IAM API reference, ServiceAccount", longest_bytes=256),
    ),
    "gcp:storage/bucket:Bucket": (
        Limit(
            "name",
            _BUCKET,
            shortest=3,
            longest=63,
            pattern=r"[a-z0-9][a-z0-9._-]*[a-z0-9]",
            not_first=("goog",),
            not_within=("google", "g00gle"),
        ),
        Limit("lifecycleRules", "Cloud Storage documentation, Quotas and limits: buckets", most_items=100),
        Limit(
            "softDeletePolicy.retentionDurationSeconds",
            "Cloud Storage documentation, Soft delete: 0, or 7 to 90 days",
            most=7_776_000,
        ),
    ),
    "gcp:storage/bucketIAMMember:BucketIAMMember": _CONDITION,
    "gcp:storage/bucketObject:BucketObject": (
        Limit("name", "Cloud Storage documentation, About Cloud Storage objects", shortest=1, longest_bytes=1024),
    ),
}

_LABEL_KEY = r"[a-z][a-z0-9_-]*"
_LABEL_VALUE = r"[a-z0-9_-]*"

GCP_ANY = tuple(
    limit
    for name in ("labels", "userLabels")
    for limit in (
        Limit(name, _LABELS, most_items=64),
        Limit(f"{name}.{KEYS}", _LABELS, shortest=1, longest=63, pattern=_LABEL_KEY),
        Limit(f"{name}.{VALUES}", _LABELS, longest=63, pattern=_LABEL_VALUE),
    )
)
