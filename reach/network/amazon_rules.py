"""What is registered of security groups and network ACLs, as rules."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from capture import Registration, Unknown, Value
from reach.network.places import Gate
from reach.network.ranges import are_ranges, ranges
from reach.network.reading import number, unread
from reach.network.references import References, meet
from reach.network.rules import ANYBODY, Flow, Rule, Selector, flow_of, in_order
from reach.values import records, text

GROUP = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
OLD_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
PREFIX_LIST = "aws:ec2/managedPrefixList:ManagedPrefixList"
PREFIX_ENTRY = "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
SUBNET = "aws:ec2/subnet:Subnet"
ACL = "aws:ec2/networkAcl:NetworkAcl"
DEFAULT_ACL = "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"
ACL_RULE = "aws:ec2/networkAclRule:NetworkAclRule"
ACL_ASSOCIATION = "aws:ec2/networkAclAssociation:NetworkAclAssociation"

INWARD, OUTWARD = "Ingress", "Egress"
LISTS = ("cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "securityGroups")


class SecurityGroups:
    """Rules of every group, whichever way they are registered."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._rules: dict[tuple[str, str], list[Rule]] = defaultdict(list)
        for direction in (INWARD, OUTWARD):
            token = f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule"
            for entry in references.of_type(token):
                for group in references.named(entry, "securityGroupId", GROUP, DEFAULT_GROUP):
                    self._rules[group.urn, direction].append(self._rule(entry, direction))
            for group in (*references.of_type(GROUP), *references.of_type(DEFAULT_GROUP)):
                self._rules[group.urn, direction] += self._inside(group, direction)
        for entry in references.of_type(OLD_RULE):
            direction = text(entry.inputs.get("type")).capitalize()
            for group in references.named(entry, "securityGroupId", GROUP, DEFAULT_GROUP):
                selector = self._listed(entry, "", entry.inputs, group)
                self._rules[group.urn, direction].append(_allowing(entry, direction, selector, entry.inputs))

    def of(self, groups: frozenset[str], direction: str) -> tuple[Rule, ...]:
        """Rules of all groups together: security groups only allow, so they add up."""
        return in_order(rule for group in groups for rule in self._rules[group, direction])

    def add(self, group: str, direction: str, rule: Rule) -> None:
        """A rule that a cloud has by itself."""
        self._rules[group, direction].append(rule)

    def _rule(self, entry: Registration, direction: str) -> Rule:
        inputs = entry.inputs
        if inputs.get("referencedSecurityGroupId") is not None:
            named = self._references.named(entry, "referencedSecurityGroupId", GROUP, DEFAULT_GROUP)
            groups = frozenset(each.urn for each in named)
            selector = Selector(groups=groups, unknown="" if groups else unread(inputs, "referencedSecurityGroupId"))
        elif inputs.get("prefixListId") is not None:
            selector = self._prefixes(entry, "prefixListId", inputs["prefixListId"])
        else:
            key = "cidrIpv4" if inputs.get("cidrIpv4") is not None else "cidrIpv6"
            selector = self._references.selector(entry, key, (inputs.get(key),))
        return _allowing(entry, direction, selector, inputs)

    def _inside(self, group: Registration, direction: str) -> Iterator[Rule]:
        """Rules that stand in the group itself."""
        key = direction.lower()
        if isinstance(group.inputs.get(key), Unknown):
            doubt = f"its {key}, which is still unknown, means it"
            yield Rule(group.urn, f"security group {group.name}", allows=True, selector=ANYBODY, perhaps=doubt)
        for record in records(group.inputs.get(key)):
            yield _allowing(group, direction, self._listed(group, key, record, group), record)

    def _listed(self, entry: Registration, key: str, record: Mapping[str, Value], group: Registration) -> Selector:
        """The other side of a rule that lists several; of a rule of its own each list is an input."""
        found, groups = list[Selector](), set[str]()
        for name in ("cidrBlocks", "ipv6CidrBlocks"):
            found.append(self._references.selector(entry, key or name, _items(record.get(name))))
        for each in _items(record.get("prefixListIds")):
            found.append(self._prefixes(entry, key or "prefixListIds", each))
        for name in ("securityGroups", "sourceSecurityGroupId"):
            for each in _items(record.get(name)):
                groups |= {named.urn for named in self._references.named(entry, key or name, GROUP, value=each)}
        if record.get("self") is True:
            groups.add(group.urn)
        return _together(found, groups)

    def _prefixes(self, entry: Registration, key: str, value: Value) -> Selector:
        lists = self._references.named(entry, key, PREFIX_LIST, value=value)
        cidrs = [text(record.get("cidr")) for each in lists for record in records(each.inputs.get("entries"))]
        cidrs += [
            text(more.inputs.get("cidr"))
            for more in self._references.of_type(PREFIX_ENTRY)
            if meet(lists, self._references.named(more, "prefixListId", PREFIX_LIST))
        ]
        if lists:
            wrong = [cidr for cidr in cidrs if not are_ranges(cidr)]
            doubt = f"an entry of prefix list {lists[0].name} that is not known means it" if wrong else ""
            doubt = doubt or unread(lists[0].inputs, "entries")
            return Selector(ranges(filter(are_ranges, cidrs)), unknown=doubt)
        endpoints = self._references.named(entry, key, ENDPOINT, value=value)
        if endpoints:
            return Selector(urns=frozenset(each.urn for each in endpoints))
        return Selector(unknown=f"prefix list {value if isinstance(value, str) else 'of ' + entry.name} means it")


def gates(references: References) -> dict[str, Gate]:
    """Network ACLs by the subnet that they stand around; one without is open (VPC docs, "Default network ACL")."""
    found: dict[str, Gate] = {}
    for acl in (*references.of_type(ACL), *references.of_type(DEFAULT_ACL)):
        named = {entry.urn for entry in references.named(acl, "subnetIds", SUBNET)}
        for link in references.of_type(ACL_ASSOCIATION):
            if acl in references.named(link, "networkAclId", ACL, DEFAULT_ACL):
                named |= {entry.urn for entry in references.named(link, "subnetId", SUBNET)}
        inward, outward = (_acl_rules(references, acl, is_egress=each) for each in (False, True))
        found |= {subnet: Gate(subnet, inward, outward) for subnet in named}
    return found


def _acl_rules(references: References, acl: Registration, *, is_egress: bool) -> tuple[Rule, ...]:
    written = [(acl, record) for record in records(acl.inputs.get("egress" if is_egress else "ingress"))]
    written += [
        (entry, entry.inputs)
        for entry in references.of_type(ACL_RULE)
        if (entry.inputs.get("egress") is True) == is_egress
        and acl in references.named(entry, "networkAclId", ACL, DEFAULT_ACL)
    ]
    return in_order(
        Rule(
            entry.urn,
            f"network ACL {acl.name} {text(record.get('action')) or text(record.get('ruleAction'))}s"
            f" by rule {number(record.get('ruleNo', record.get('ruleNumber'))):.0f}",
            allows="allow" in (record.get("action"), record.get("ruleAction")),
            selector=references.selector(entry, "cidrBlock", (record.get("cidrBlock"), record.get("ipv6CidrBlock"))),
            flows=(_flow(record),),
            priority=int(number(record.get("ruleNo", record.get("ruleNumber")))),
        )
        for entry, record in written
    )


def _allowing(entry: Registration, direction: str, selector: Selector, record: Mapping[str, Value]) -> Rule:
    flow = _flow(record)
    doubt = unread(record, "ipProtocol", "protocol", "fromPort", "toPort")
    side = "in" if direction == INWARD else "out"
    kind = "security group" if entry.type in (GROUP, DEFAULT_GROUP) else "security group rule"
    words = f"{kind} {entry.name} lets {side} {flow}"
    return Rule(entry.urn, words, allows=True, selector=selector, flows=(flow,), perhaps=doubt)


def _flow(record: Mapping[str, Value]) -> Flow:
    protocol = text(record.get("ipProtocol")) or text(record.get("protocol")) or "-1"
    first, last = record.get("fromPort"), record.get("toPort")
    # A rule for ports 0 to 0 of every protocol is how old rules say all.
    if first is None or protocol in ("-1", "all") or unread(record, "fromPort", "toPort"):
        return flow_of(protocol)
    return flow_of(protocol, int(number(first)), int(number(last, number(first))))


def _together(selectors: list[Selector], groups: set[str]) -> Selector:
    joined, urns, unknown = ranges(()), frozenset[str](), ""
    for each in selectors:
        joined, urns, unknown = joined | each.ranges, urns | each.urns, unknown or each.unknown
    return Selector(joined, urns, frozenset(groups), unknown)


def _items(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else () if value is None else (value,)


def everything(urn: str, words: str, *groups: str) -> Rule:
    """A rule that a cloud has by itself: for some groups, or for everybody where none is named."""
    return Rule(urn, words, allows=True, selector=Selector(groups=frozenset(groups)) if groups else ANYBODY)
