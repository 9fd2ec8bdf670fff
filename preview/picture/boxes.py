"""The boxes of the drawing: machines, workers, clusters, buckets, and the doors between them and the internet."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from capture import Capture, Registration
from policies.snapshots import kept_snapshot_days
from policies.stateful import is_stateful
from policies.values import at, mapping, place, records, related, text, texts
from preview.machines import Group, Machine, groups, machines
from preview.picture.model import Box, BoxKind, Frame
from preview.picture.owners import Owners

FORWARDING_RULES = (
    "gcp:compute/forwardingRule:ForwardingRule",
    "gcp:compute/globalForwardingRule:GlobalForwardingRule",
)
LOAD_BALANCERS = ("aws:alb/loadBalancer:LoadBalancer", "aws:lb/loadBalancer:LoadBalancer")
CACHES = ("gcp:compute/backendBucket:BackendBucket", "gcp:compute/backendService:BackendService")
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
BUCKETS = ("aws:s3/bucket:Bucket", "gcp:storage/bucket:Bucket")
NATS = ("aws:ec2/natGateway:NatGateway", "gcp:compute/routerNat:RouterNat")
TUNNELS = ("aws:ec2/vpnConnection:VpnConnection", "gcp:compute/vPNTunnel:VPNTunnel")
CLUSTER, NODES = "aws:eks/cluster:Cluster", "aws:eks/nodeGroup:NodeGroup"
ADDRESS_RECORDS = ("A", "AAAA")
MANY_TYPES = 2
"""From how many machine types on a group names the first, and how many more there are."""


def boxes(capture: Capture) -> Iterator[Box]:
    """Every box that stands for something registered, without the lines that only rules tell."""
    yield from (_machine(capture, machine) for machine in machines(capture))
    nodes = {entry.urn for entry in capture.of_type(NODES)}
    of_clusters: dict[str, list[Group]] = {}
    for group in groups(capture):
        if group.urn in nodes:
            (cluster,) = capture.by_urn[group.urn].property_dependencies.get("clusterName", ())[:1] or ("",)
            of_clusters.setdefault(cluster, []).append(group)
        else:
            yield _workers(capture, group)
    yield from (_cluster(capture, entry, of_clusters.get(entry.urn, [])) for entry in capture.of_type(CLUSTER))
    yield from (_bucket(capture, entry) for kind in BUCKETS for entry in capture.of_type(kind))
    yield from _doors(capture)


def frame(capture: Capture, entry: Registration) -> Frame:
    """Where a resource lies."""
    if entry.cloud == "gcp":
        return "GCP", f"project {place(capture, entry, 'project')}"
    accounts = capture.by_urn[entry.provider].inputs.get("allowedAccountIds")
    account = ", ".join(texts(accounts)) or "".join(filter(str.isdigit, text(accounts)))
    return "AWS", f"account {account} · {place(capture, entry, 'region')}"


def with_host_names(found: Box, capture: Capture, owned: Owners) -> Box:
    """The box with the names that lead to its addresses."""
    names = {
        text(record.inputs.get("name")).rstrip(".")
        for record in capture.of_type("gcp:dns/recordSet:RecordSet")
        if record.inputs.get("type") in ADDRESS_RECORDS
        for urn in record.property_dependencies.get("rrdatas", ())
        if found.key in owned.get(urn, ())
    }
    return replace(found, lines=(*sorted(names), *found.lines))


def _machine(capture: Capture, machine: Machine) -> Box:
    disks = [f"{disk.name if disk.boot else 'data'} {disk.gib} GiB {disk.type}" for disk in machine.disks]
    days = sorted({days for entry in _disks(capture, machine) if (days := kept_snapshot_days(capture, entry))})
    address = {"private": "no public address"}.get(machine.address, f"{machine.address} address")
    kept = [f"snapshots kept {', '.join(map(str, days))} days"] if days else []
    entry = capture.by_urn[machine.urn]
    lines = (f"{machine.type} · {machine.zone}", *disks, *kept, address)
    return _box(capture, entry, BoxKind.MACHINE, machine.name, lines, stateful=is_stateful(entry))


def _disks(capture: Capture, machine: Machine) -> Iterator[Registration]:
    entry = capture.by_urn[machine.urn]
    yield from (capture.by_urn[urn] for urn in entry.property_dependencies.get("attachedDisks", ()))
    for kind, key, disk in (
        ("gcp:compute/attachedDisk:AttachedDisk", "instance", "disk"),
        ("aws:ec2/volumeAttachment:VolumeAttachment", "instanceId", "volumeId"),
    ):
        for attached in related(capture, entry, key, kind):
            yield from (capture.by_urn[urn] for urn in attached.property_dependencies.get(disk, ()))


def _workers(capture: Capture, group: Group) -> Box:
    entry = capture.by_urn[group.urn]
    templates = [
        capture.by_urn[urn]
        for urns in entry.property_dependencies.values()
        for urn in urns
        if capture.by_urn[urn].kind in ("LaunchTemplate", "InstanceTemplate")
    ]
    trust = next((tier for one in templates if (tier := _trust(one))), "")
    sizes = dict.fromkeys(size for one in templates for size in _disk_sizes(one))
    many = f"{_range(group)} {_types(group)}"
    box = _box(capture, entry, BoxKind.WORKERS, group.name, (many, *sizes))
    return replace(box, trust=trust, family=f"workers of {capture.component_of(entry).parent} {trust}")


def _range(group: Group) -> str:
    smallest = group.smallest or 0
    return f"from {smallest}" if group.largest is None else f"{smallest} to {group.largest}"


def _types(group: Group) -> str:
    first, *others = group.types or ("?",)
    return f"{first} or {len(others)} others" if len(others) >= MANY_TYPES else " or ".join((first, *others))


def _trust(template: Registration) -> str:
    tags = [mapping(block.get("tags")) for block in records(template.inputs.get("tagSpecifications"))]
    return next(
        (text(found["trust"]) for found in (mapping(template.inputs.get("labels")), *tags) if "trust" in found), ""
    )


def _disk_sizes(template: Registration) -> Iterator[str]:
    for disk in records(template.inputs.get("disks")):
        yield f"boot {disk.get('diskSizeGb')} GiB {text(disk.get('diskType'))}"
    for device in records(template.inputs.get("blockDeviceMappings")):
        volume = mapping(device.get("ebs"))
        yield f"boot {volume.get('volumeSize')} GiB {text(volume.get('volumeType'))}"


def _cluster(capture: Capture, entry: Registration, nodes: list[Group]) -> Box:
    open_to_it = at(entry.inputs, "vpcConfig.endpointPublicAccess") is not False
    lines = (
        f"EKS {text(entry.inputs.get('version'))} · API {'public' if open_to_it else 'private'}",
        *(f"{group.name}: {_range(group)} {_types(group)}" for group in nodes),
    )
    box = _box(capture, entry, BoxKind.CLUSTER, entry.name, lines)
    return replace(
        box, urns=box.urns | {group.urn for group in nodes}, names=(*box.names, *(one.name for one in nodes))
    )


def _bucket(capture: Capture, entry: Registration) -> Box:
    locks = related(capture, entry, "bucket", "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    lines = tuple(
        f"Object Lock {text(kept.get('mode')).lower()} {kept.get('days')} days"
        for lock in locks
        for rule in records(lock.inputs.get("rule"))
        for kept in records(rule.get("defaultRetention"))
    )
    box = _box(capture, entry, BoxKind.BUCKET, entry.name, lines, stateful=is_stateful(entry))
    return replace(box, family=f"buckets of {entry.parent} {lines} {box.stateful}")


def _doors(capture: Capture) -> Iterator[Box]:
    for kind in NATS:
        for entry in capture.of_type(kind):
            box = _box(capture, entry, BoxKind.DOOR, entry.name, ("NAT, static address",))
            yield replace(box, family="NAT")
    balancers = [entry for kind in (*FORWARDING_RULES, *LOAD_BALANCERS) for entry in capture.of_type(kind)]
    caches = [entry for kind in CACHES for entry in capture.of_type(kind) if entry.inputs.get("enableCdn") is True]
    for what, found in (("load balancer", balancers), ("CDN", [*caches, *capture.of_type(DISTRIBUTION)])):
        together: dict[str, list[Registration]] = {}
        for entry in found:
            together.setdefault(entry.parent, []).append(entry)
        for entries in together.values():
            names = tuple(entry.name for entry in entries)
            title = f"{what} of {capture.component_of(entries[0]).name}"
            box = _box(capture, entries[0], BoxKind.DOOR, title, ())
            yield replace(box, urns=frozenset(entry.urn for entry in entries), names=names)


def _box(
    capture: Capture, entry: Registration, kind: BoxKind, title: str, lines: tuple[str, ...], *, stateful: bool = False
) -> Box:
    urns, names = frozenset({entry.urn}), (entry.name,)
    where = frame(capture, entry)
    return Box(entry.urn, kind, where, title, lines=lines, urns=urns, names=names, stateful=stateful)


def notes(capture: Capture) -> Mapping[Frame, str]:
    """The networks of each project and account."""
    found: dict[Frame, list[str]] = {}
    for kind, key in (("gcp:compute/subnetwork:Subnetwork", "ipCidrRange"), ("aws:ec2/vpc:Vpc", "cidrBlock")):
        for entry in capture.of_type(kind):
            region = f" in {text(entry.inputs['region'])}" if "region" in entry.inputs and entry.cloud == "gcp" else ""
            found.setdefault(frame(capture, entry), []).append(f"{text(entry.inputs.get(key))}{region}")
    for kind in TUNNELS:
        for entry in capture.of_type(kind):
            found.setdefault(frame(capture, entry), []).append(f"VPN {entry.name}")
    return {where: f"network {', '.join(ranges)}" for where, ranges in found.items()}
