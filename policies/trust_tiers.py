"""Trust tiers share nothing: no place to run in, no manager, and no address that somebody admits."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from capture import Capture, Registration
from policies.policy import Finding
from policies.values import mapping, records, text, texts

GROUP = "aws:autoscaling/group:Group"
TEMPLATE = "gcp:compute/instanceTemplate:InstanceTemplate"
ADMITTED = "publish"
"""The one tier whose addresses may stand in an allow-list."""


def tiers_share_no_place(capture: Capture) -> Iterator[Finding]:
    """Workers of one subnet leave from one address; managers of one GCP project write metadata of all its groups."""
    tiers: dict[str, set[str]] = defaultdict(set)
    workers = [
        *((group, _trust_on_aws(group), texts(group.inputs.get("vpcZoneIdentifiers"))) for group in _groups(capture)),
        *((template, _trust_on_gcp(template), (template.provider,)) for template in _templates(capture)),
    ]
    for _, trust, places in workers:
        for place in places:
            tiers[place].add(trust)
    for worker, trust, places in workers:
        others = sorted({other for place in places for other in tiers[place]} - {trust})
        if others:
            hint = "HINT: subnets, and on GCP a project, for each tier"
            yield Finding(worker, f"its {trust} workers lie where {', '.join(others)} ones do. {hint}")


def a_manager_scales_groups_of_one_tier(capture: Capture) -> Iterator[Finding]:
    """Whoever takes over the manager of strangers' jobs must not log in to the workers that sign."""
    tiers = {str(group.inputs["name"]): _trust_on_aws(group) for group in _groups(capture)}
    for policy in capture.of_type("aws:iam/rolePolicy:RolePolicy"):
        document = text(policy.inputs.get("policy"))
        if "autoscaling:SetDesiredCapacity" not in document and "SendSSHPublicKey" not in document:
            continue
        named = {trust for name, trust in tiers.items() if re.search(rf'["/]{re.escape(name)}"', document)}
        if len(named) > 1:
            yield Finding(policy, f"reaches workers of {' and '.join(sorted(named))}. HINT: a manager for each tier")


def allow_lists_admit_publish_jobs_alone(capture: Capture) -> Iterator[Finding]:
    """An address that jobs of strangers leave from, too, lets them in wherever it is admitted."""
    leave_from = {**_aws_ways_out(capture), **_gcp_ways_out(capture)}
    for policy in capture.of_type("gcp:compute/securityPolicy:SecurityPolicy"):
        for address in policy.property_dependencies.get("rules", ()):
            others = leave_from.get(address, {ADMITTED}) - {ADMITTED}
            if others:
                name, who = address.rpartition("::")[2], ", ".join(sorted(others))
                yield Finding(policy, f"admits {name}, from which {who} leave, too. HINT: publish_addresses")


def _aws_ways_out(capture: Capture) -> dict[str, set[str]]:
    """By the URN of the address of each NAT gateway, who leaves from it: workers of a tier, or others."""
    users: dict[str, set[str]] = defaultdict(set)
    for group in _groups(capture):
        for subnet in group.property_dependencies.get("vpcZoneIdentifiers", ()):
            users[subnet].add(_trust_on_aws(group))
    found: dict[str, set[str]] = {}
    for gateway in capture.of_type("aws:ec2/natGateway:NatGateway"):
        routes = _that_name(capture, "aws:ec2/route:Route", "natGatewayId", {gateway.urn})
        tables = {table for route in routes for table in route.property_dependencies.get("routeTableId", ())}
        links = _that_name(capture, "aws:ec2/routeTableAssociation:RouteTableAssociation", "routeTableId", tables)
        subnets = {subnet for link in links for subnet in link.property_dependencies.get("subnetId", ())}
        who = {user for subnet in subnets for user in users.get(subnet, {"others"})}
        found |= dict.fromkeys(gateway.property_dependencies.get("allocationId", ()), who)
    return found


def _gcp_ways_out(capture: Capture) -> dict[str, set[str]]:
    """By the URN of the address of each Cloud NAT, who leaves from it: workers of its project's tier, or others."""
    tiers: dict[str, set[str]] = defaultdict(set)
    for template in _templates(capture):
        tiers[template.provider].add(_trust_on_gcp(template))
    return {
        address: tiers.get(nat.provider, {"others"})
        for nat in capture.of_type("gcp:compute/routerNat:RouterNat")
        for address in nat.property_dependencies.get("natIps", ())
    }


def _that_name(capture: Capture, type_token: str, key: str, urns: set[str]) -> list[Registration]:
    return [entry for entry in capture.of_type(type_token) if urns & set(entry.property_dependencies.get(key, ()))]


def _groups(capture: Capture) -> tuple[Registration, ...]:
    """Groups of build workers."""
    return tuple(group for group in capture.of_type(GROUP) if _trust_on_aws(group))


def _templates(capture: Capture) -> tuple[Registration, ...]:
    return tuple(entry for entry in capture.of_type(TEMPLATE) if _trust_on_gcp(entry))


def _trust_on_aws(group: Registration) -> str:
    tags: Mapping[str, str] = {
        text(tag.get("key")): text(tag.get("value")) for tag in records(group.inputs.get("tags"))
    }
    return tags.get("trust", "")


def _trust_on_gcp(template: Registration) -> str:
    return text(mapping(template.inputs.get("labels")).get("trust"))
