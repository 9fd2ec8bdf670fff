"""Mutations of what is served, of workers, and of machines and secrets that share what each should have alone."""

import ipaddress
import json
from collections.abc import Mapping
from typing import Any

from capture import Capture
from policies import Policy, buckets, edge, machines, networks, workers
from policies.values import records, text
from tests.policies.mutations import GONE, Broken, Mutation, Pick, add, change, drop

URL_MAP = Pick("gcp:compute/uRLMap:URLMap", "package-server")
IMMUTABLE = Pick("gcp:compute/backendBucket:BackendBucket", "-immutable")
UPLOAD = Pick("gcp:compute/backendService:BackendService", "-upload")
HTTP = Pick("gcp:compute/targetHttpProxy:TargetHttpProxy")
REDIRECT = Pick("gcp:compute/uRLMap:URLMap", "-redirect")
SUBNET = Pick("aws:ec2/subnet:Subnet", "-private-b")
S3_BUCKET = Pick("aws:s3/bucket:Bucket")
VAULT_POLICY = Pick("aws:s3/bucketPolicy:BucketPolicy", "backup-vault")
EC2, GCE = Pick("aws:ec2/instance:Instance"), Pick("gcp:compute/instance:Instance", "package-server")
EC2_TEMPLATE = Pick("aws:ec2/launchTemplate:LaunchTemplate", "shard-")
GCE_TEMPLATE = Pick("gcp:compute/instanceTemplate:InstanceTemplate")
FIREWALL = "gcp:compute/firewall:Firewall"
PUBLIC_RANGES = Pick("aws:ec2/managedPrefixList:ManagedPrefixList")
TO_PUBLIC = Pick("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "runners-aws-egress-http")
WORKER_IN = Pick("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "shard-")


def _link(pick: Pick, capture: Capture) -> str:
    found = pick.of(capture)
    return f"global/{found.kind}/{text(found.inputs['name'])}"


def _on_the_public_host(rule: int, changes: Mapping[str, object], pick: Pick = URL_MAP) -> Mutation:
    """One rule of the public host changed, counted from the first or the last; what it breaks is told of a resource."""

    def mutation(capture: Capture) -> Broken:
        matchers = tuple(records(URL_MAP.of(capture).inputs["pathMatchers"]))
        at = next(index for index, matcher in enumerate(matchers) if matcher["name"] == "public")
        rules = tuple(records(matchers[at]["routeRules"]))
        place = f"pathMatchers.{at}.routeRules.{rule % len(rules)}"
        return change(URL_MAP, {f"{place}.{key}": value for key, value in changes.items()}, reported_on=pick)(capture)

    return mutation


def _leads_to(pick: Pick, rule: int, told_of: Pick) -> Mutation:
    """A rule of the public host leads elsewhere."""

    def mutation(capture: Capture) -> Broken:
        return _on_the_public_host(rule, {"service": _link(pick, capture)}, told_of)(capture)

    return mutation


def _by_default(pick: Pick) -> Mutation:
    """Whoever names no host is aborted before another backend."""

    def mutation(capture: Capture) -> Broken:
        return change(URL_MAP, {"defaultService": _link(pick, capture)})(capture)

    return mutation


def _shared(pick: Pick, key: str, other: Pick) -> Mutation:
    """One resource has what another has."""

    def mutation(capture: Capture) -> Broken:
        return change(pick, {key: other.of(capture).inputs[key]})(capture)

    return mutation


def _overlapping(capture: Capture) -> Broken:
    neighbour = ipaddress.IPv4Network(text(Pick(SUBNET.type, "-private-a").of(capture).inputs["cidrBlock"]))
    return change(SUBNET, {"cidrBlock": str(next(neighbour.subnets()))})(capture)


def _vault_policy(**changes: object) -> Mutation:
    """The policy of the vault with its last statement changed."""

    def mutation(capture: Capture) -> Broken:
        document = json.loads(text(VAULT_POLICY.of(capture).inputs["policy"]))
        document["Statement"][-1] |= changes
        return change(VAULT_POLICY, {"policy": json.dumps(document)})(capture)

    return mutation


def _tunnels(**changes: object) -> Mutation:
    """A connection as the program makes it, but for one input."""
    ends = {
        f"{tunnel}{key}": value
        for tunnel in ("tunnel1", "tunnel2")
        for key, value in (
            ("IkeVersions", ("ikev2",)),
            ("Phase1DhGroupNumbers", (20,)),
            ("Phase2DhGroupNumbers", (20,)),
        )
    }
    inputs: Any = {**ends, **changes, "tags": {"component": "link"}}
    return add(S3_BUCKET, "aws:ec2/vpnConnection:VpnConnection", inputs)


_HIDDEN = edge.what_a_list_guards_is_hidden_elsewhere
_FILES = edge.caches_keep_files_alone
_OUT = workers.workers_reach_no_private_address
_IN = workers.workers_are_reached_by_ssh_alone
_STAYS = machines.machines_that_stay_are_never_spot

SERVED_MUTATIONS: tuple[tuple[Policy, Mutation], ...] = (
    (_HIDDEN, _on_the_public_host(-1, {"routeAction": GONE})),
    (_HIDDEN, _leads_to(UPLOAD, -2, told_of=UPLOAD)),
    (edge.what_is_stopped_asks_no_store, _leads_to(IMMUTABLE, -1, told_of=URL_MAP)),
    (edge.what_is_stopped_asks_no_store, _by_default(IMMUTABLE)),
    (edge.plain_http_only_redirects, change(REDIRECT, {"defaultUrlRedirect.httpsRedirect": False}, reported_on=HTTP)),
    (edge.plain_http_only_redirects, change(REDIRECT, {"defaultService": "a-service"}, reported_on=HTTP)),
    (_FILES, change(IMMUTABLE, {"cdnPolicy.negativeCaching": GONE})),
    (_FILES, change(IMMUTABLE, {"cdnPolicy.cacheKeyPolicy": {"queryStringWhitelists": ("v",)}})),
    (_FILES, change(UPLOAD, {"enableCdn": True, "cdnPolicy": {"negativeCaching": False}})),
    (networks.subnets_lie_in_their_network, change(SUBNET, {"cidrBlock": "10.99.0.0/20"})),
    (networks.subnets_lie_in_their_network, _overlapping),
    (networks.tunnels_speak_modern_ike, _tunnels(tunnel2IkeVersions=("ikev1", "ikev2"))),
    (networks.tunnels_speak_modern_ike, _tunnels(tunnel1Phase2DhGroupNumbers=(2, 20))),
    (networks.tunnels_speak_modern_ike, _tunnels(tunnel1Phase1DhGroupNumbers=None)),
    (buckets.locked_buckets_leave_retention_to_one, _vault_policy(Action=["s3:DeleteObjectVersion"])),
    (buckets.locked_buckets_leave_retention_to_one, _vault_policy(Condition={})),
    (machines.containers_take_no_identity, change(EC2, {"metadataOptions.httpPutResponseHopLimit": 2})),
    (machines.machines_hold_no_key_pair, change(EC2, {"keyName": "of-somebody"})),
    (
        machines.machines_share_no_identity,
        _shared(Pick(GCE.type, "dev-instance"), "serviceAccount", Pick(GCE.type, "pg-a")),
    ),
    (_STAYS, change(GCE, {"scheduling.provisioningModel": "SPOT"})),
    (_STAYS, change(GCE, {"scheduling.automaticRestart": False})),
    (_STAYS, change(EC2, {"instanceMarketOptions": {"marketType": "spot"}})),
    (_OUT, change(PUBLIC_RANGES, {"entries.0.cidr": "10.0.0.0/8"}, reported_on=TO_PUBLIC)),
    (_OUT, change(TO_PUBLIC, {"cidrIpv4": "10.36.0.0/16"})),
    (_OUT, drop(Pick(FIREWALL, "-out-private"), GCE_TEMPLATE)),
    (
        _OUT,
        change(Pick(FIREWALL, "-out-private"), {"destinationRanges": ("10.0.0.0/8",)}, reported_on=GCE_TEMPLATE),
    ),
    (_IN, change(WORKER_IN, {"fromPort": 2375, "toPort": 2376})),
    (_IN, change(Pick(FIREWALL, "runner-manager-gcp-blue-ssh"), {"allows.0.ports": ("22", "2376")})),
    (workers.workers_leave_no_disk, change(EC2_TEMPLATE, {"blockDeviceMappings.0.ebs.deleteOnTermination": GONE})),
    (workers.workers_leave_no_disk, change(GCE_TEMPLATE, {"disks.0.autoDelete": False})),
    (
        workers.caches_expire,
        change(Pick("gcp:storage/bucket:Bucket", "-cache"), {"lifecycleRules": ()}),
    ),
    (
        workers.caches_expire,
        drop(
            Pick("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "-cache"),
            Pick(S3_BUCKET.type, "-cache"),
        ),
    ),
)
