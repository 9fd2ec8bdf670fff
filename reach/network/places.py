"""The nouns: machines with their addresses and firewalls, and whatever else is at one end of a connection."""

from dataclasses import dataclass, field
from enum import StrEnum

from reach.network.ranges import PUBLIC, Ranges, ranges
from reach.network.rules import Flow, Party, Rule
from reach.step import Step


class Kind(StrEnum):
    """What a place is; the value is how it is called in answers."""

    MACHINE = "machine"
    WORKERS = "job on worker group"
    NODES = "node of"
    PODS = "pod on"
    SUBNET = "anything new in subnet"
    ENDPOINT = "endpoint"
    CROWD = "anybody on"


@dataclass(frozen=True, eq=False)
class Exit:
    """A way out of a network, for destinations that a route leads there."""

    destinations: Ranges
    steps: tuple[Step, ...]
    faces: tuple[Party, ...] = ()
    """As whom it is seen behind it: public addresses. Empty where it keeps its own."""
    network: str = ""
    """URN of the network that it leads to; empty for the internet."""
    keeps_groups: bool = False
    """Whether rules behind it still know security groups of this side."""


@dataclass(frozen=True, eq=False)
class Gate:
    """What stands around a subnet: a network ACL, both ways."""

    subnet: str
    """URN."""
    inward: tuple[Rule, ...]
    outward: tuple[Rule, ...]


@dataclass(frozen=True, eq=False)
class Machine:
    """A machine, a group of machines that are all alike, or an interface with firewalls of its own."""

    urn: str
    name: str
    kind: Kind
    network: str
    """URN of its network."""
    private: Party
    """As its own network sees it."""
    subnets: frozenset[str] = frozenset()
    """URNs of where it stands."""
    publics: tuple[Party, ...] = ()
    """Its own public addresses, one for each version of the protocol."""
    ingress: tuple[Rule, ...] = ()
    """In order; the end passes nothing."""
    egress: tuple[Rule, ...] = ()
    exits: tuple[Exit, ...] = ()
    gates: tuple[Gate, ...] = ()
    """By subnet; empty where none of its subnets has one."""
    trust: str = ""
    """Tier of the jobs that run there; empty elsewhere."""
    component: str = ""
    """Logical name of the component that it belongs to."""
    is_place: bool = True
    """Whether anything there begins connections."""
    is_target: bool = True
    metadata: tuple[Step, ...] = ()
    """How it reaches the metadata service of its cloud; empty where it does not."""
    metadata_urn: str = ""
    """Of the machine whose metadata it would be."""

    @property
    def words(self) -> str:
        """As people say it."""
        return f"{self.kind} {self.name}"

    @property
    def is_many(self) -> bool:
        """Whether several of it exist, which may reach each other."""
        return self.kind in (Kind.WORKERS, Kind.NODES, Kind.PODS)


@dataclass(frozen=True, eq=False)
class Crowd:
    """Addresses that no registration gives: those of the internet, or of a service of a cloud."""

    name: str
    party: Party
    kind: Kind = Kind.CROWD
    reaches_inside: frozenset[str] = frozenset()
    """Clouds whose machines it reaches at their private addresses; empty where it comes from the internet."""
    steps: tuple[Step, ...] = ()
    """What lets it begin at all."""

    @property
    def words(self) -> str:
        """As people say it."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, eq=False)
class Front:
    """A host of a load balancer at one port: its addresses, who is let through, and what stands behind it."""

    urn: str
    """Of what serves the host."""
    name: str
    """Host name, or the name of the load balancer."""
    entries: tuple[tuple[Party, Step], ...]
    """Its public addresses, each with the forwarding rule."""
    flow: Flow
    backend: str
    """Name of the service behind it; empty where it only redirects."""
    guards: tuple[tuple[Rule, ...], ...] = ()
    """Policies of Cloud Armor; a request has to pass each."""
    steps: tuple[Step, ...] = ()
    """From the load balancer to what answers."""
    component: str = ""
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Service:
    """A service of a cloud behind an endpoint in route tables."""

    urn: str
    name: str
    network: str
    party: Party
    subnets: frozenset[str]
    """URNs of subnets from which routes lead there."""
    steps: tuple[Step, ...]


@dataclass(frozen=True, eq=False)
class Metadata:
    """The metadata service, as one machine sees it."""

    urn: str
    """Of the machine."""
    name: str


@dataclass(frozen=True, eq=False)
class Inside:
    """A machine as its peer sees it in a tunnel that both keep."""

    urn: str
    """Of the document that says it."""
    name: str
    machine: Machine
    peer: str
    carrier: Flow
    """What carries the tunnel."""


@dataclass(frozen=True, eq=False)
class Internet:
    """Everything outside, as a target."""

    party: Party = field(default_factory=lambda: Party("the internet", PUBLIC, is_crowd=True))
    urn: str = ""
    name: str = "the internet"


Place = Machine | Crowd
Target = Machine | Front | Service | Metadata | Inside | Internet

IAP = ranges(("35.235.240.0/20",))
"""Identity-Aware Proxy (IAP docs, "Using IAP for TCP forwarding")."""
FRONT_ENDS = ranges(("35.191.0.0/16", "130.211.0.0/22"))
"""Google's load balancers and health checks (Cloud Load Balancing docs, "Firewall rules")."""
METADATA_PORT = Flow("tcp", 80, 80)
"""Of the metadata services of both clouds, at 169.254.169.254."""
