"""Changes of a capture that open and close nothing: other names, another order, the same in other rules."""

from dataclasses import replace
from typing import Any

from capture import Capture
from tests.reach.network.changes import Edit, edited, found, swapped

WORKERS = {"untrusted": "shard-amd64-untrusted-blue", "publish": "shard-amd64-publish-blue"}
UPLOAD = "package-server-upload"


def renamed(kind: str, old: str, new: str, *, has_alias: bool) -> Edit:
    """Another logical name, as a program gives it with or without an alias."""

    def edit(capture: Capture) -> Capture:
        entry = found(capture, kind, old)
        urn = f"{entry.urn.rpartition('::')[0]}::{new}"
        moved = replace(entry, urn=urn, name=new, aliases=(entry.urn,) if has_alias else ())
        return rewired(swapped(capture, entry, moved), entry.urn, urn)

    return edit


def rewired(capture: Capture, old: str, new: str) -> Capture:
    """What came from a registration comes from it under its new name."""
    registrations = tuple(
        replace(
            entry,
            property_dependencies={
                key: tuple(new if urn == old else urn for urn in urns)
                for key, urns in entry.property_dependencies.items()
            },
        )
        for entry in capture.registrations
    )
    invented = {new if urn == old else urn: values for urn, values in capture.invented.items()}
    return replace(capture, registrations=registrations, invented=invented)


def split(kind: str, name: str, key: str) -> Edit:
    """A rule for two halves of each of its ranges, in a rule of its own."""

    def edit(capture: Capture) -> Capture:
        entry = found(capture, kind, name)
        listed: Any = entry.inputs[key]
        network, _, length = listed[0].partition("/")
        rest = listed[1:]
        first, second = halves(f"{network}/{length}")
        one = replace(entry, inputs={**entry.inputs, key: (first, *rest)})
        other = replace(
            entry,
            urn=f"{entry.urn}-2",
            name=f"{name}-2",
            inputs={**entry.inputs, key: (second,)},
            property_dependencies={**entry.property_dependencies, key: ()},
        )
        return swapped(capture, entry, one, other)

    return edit


def halves(text: str) -> tuple[str, str]:
    network, _, length = text.partition("/")
    first = [int(part) for part in network.split(".")]
    number = int.from_bytes(bytes(first)) + 2 ** (31 - int(length))
    second = ".".join(str(part) for part in number.to_bytes(4))
    return f"{network}/{int(length) + 1}", f"{second}/{int(length) + 1}"


def reordered(capture: Capture) -> Capture:
    return replace(capture, registrations=tuple(reversed(capture.registrations)))


def other_priorities(capture: Capture) -> Capture:
    rules: Any = found(capture, "SecurityPolicy", UPLOAD).inputs["rules"]
    return edited("SecurityPolicy", UPLOAD, {"rules": (rules[1], {**rules[0], "priority": 7})})(capture)


def list_in_two_rules(capture: Capture) -> Capture:
    """As the component cuts a list of more than ten ranges."""
    rules: Any = found(capture, "SecurityPolicy", UPLOAD).inputs["rules"]
    listed = rules[0]["match"]["config"]["srcIpRanges"]
    cut = [
        {**rules[0], "priority": priority, "match": {**rules[0]["match"], "config": {"srcIpRanges": part}}}
        for priority, part in ((1000, listed[:2]), (1001, listed[2:]))
    ]
    return edited("SecurityPolicy", UPLOAD, {"rules": (*cut, rules[1])})(capture)


def a_port_in_two_rules(capture: Capture) -> Capture:
    entry = found(capture, "Firewall", "dev-instance-web")
    one = replace(entry, inputs={**entry.inputs, "allows": ({"protocol": "tcp", "ports": ("80",)},)})
    other = replace(
        entry,
        urn=f"{entry.urn}-tls",
        name=f"{entry.name}-tls",
        inputs={**entry.inputs, "allows": ({"protocol": "6", "ports": ("443-443",)},)},
    )
    return swapped(capture, entry, one, other)


def half_the_world_twice(capture: Capture) -> Capture:
    return edited("Firewall", "dev-instance-web", {"sourceRanges": ("128.0.0.0/1", "0.0.0.0/1")})(capture)


def a_prefix_list_cut_otherwise(capture: Capture) -> Capture:
    entry: Any = found(capture, "ManagedPrefixList", "runners-aws-egress").inputs
    first = next(each for each in entry["entries"] if each["cidr"] == "16.0.0.0/4")
    rest = tuple(each for each in entry["entries"] if each is not first)
    return edited(
        "ManagedPrefixList", "runners-aws-egress", {"entries": (*rest, {"cidr": "16.0.0.0/5"}, {"cidr": "24.0.0.0/5"})}
    )(capture)


REFACTORINGS: dict[str, Edit] = {
    "nothing": lambda capture: capture,
    "another order": reordered,
    "a firewall rule has another name": renamed("Firewall", "dev-instance-web", "dev-instance-https", has_alias=False),
    "a rule of a group has another name": renamed(
        "SecurityGroupIngressRule", "shard-amd64-publish-blue-ssh", "shell", has_alias=False
    ),
    "a machine has another name": renamed("Instance", "dev-instance", "gitlab", has_alias=True),
    "a group of workers has another name": renamed("Group", WORKERS["untrusted"], "strangers", has_alias=True),
    "an address of NAT has another name": renamed("Address", "testground-nat", "leaves-by", has_alias=True),
    "a range is split into two rules": split("Firewall", "dev-instance-git-ssh", "sourceRanges"),
    "the world is split into halves": half_the_world_twice,
    "ports stand in two rules": a_port_in_two_rules,
    "a list stands in two rules": list_in_two_rules,
    "other priorities in the same order": other_priorities,
    "a prefix list is cut otherwise": a_prefix_list_cut_otherwise,
}
