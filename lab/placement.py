"""Where the machines of a capture stand: networks, addresses, and the names that firewalls know them by."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import IPv4Network
from typing import Any, cast

from capture import Capture, Registration
from lab.errors import LabError
from settings.vocabulary import Cloud

GCE, EC2 = "gcp:compute/instance:Instance", "aws:ec2/instance:Instance"
FROM_THE_END = 3
"""Addresses of a subnetwork are given from its end, of which clouds keep the last two for themselves."""


@dataclass(frozen=True)
class Place:
    """What a machine's cloud knows of it, as registered."""

    machine: Registration
    cloud: Cloud
    network: str
    """Id of its network or VPC."""
    subnetwork: IPv4Network
    groups: tuple[str, ...]
    """Network tags on GCP, ids of security groups on AWS."""
    account: str
    """Email of its service account on GCP; empty on AWS, where rules name no identity."""
    named_private: str
    """The private address that the capture invented for it: rules name it so."""
    public: str | None
    """Its own public address."""
    nat: str | None
    """The address that it leaves by where it has no public one."""
    document: str
    """Address of its document."""

    @property
    def name(self) -> str:
        """Of the machine."""
        return self.machine.name


@dataclass(frozen=True)
class Seat:
    """A machine's addresses in the lab: as in the clouds, its public address is not on the machine."""

    private: str
    public: str | None
    leaves_by: str | None
    """The address that others see when it reaches them in public."""
    network: str
    """Private addresses reach each other within it."""


def machines_of(capture: Capture) -> tuple[str, ...]:
    """Names of all machines that stand by themselves, sorted; those of groups come and go."""
    return tuple(sorted(entry.name for kind in (GCE, EC2) for entry in capture.of_type(kind)))


def chosen(capture: Capture, names: Sequence[str] | None) -> tuple[str, ...]:
    """The machines of these names, all where there are none. Raises LabError for a name that is not registered."""
    known = machines_of(capture)
    for name in names or ():
        if name not in known:
            raise LabError(f"there is no machine {name!r} in {capture.stack}. HINT: {nearest(name, known)}")
    return tuple(dict.fromkeys(names)) if names else known


def nearest(name: str, known: Sequence[str]) -> str:
    """The names that are most alike, else all of them."""
    return ", ".join(get_close_matches(name, known, n=3) or known) or "there is none"


def place_of(name: str, capture: Capture) -> Place:
    """Raises LabError where something of its network is not registered."""
    for entry in capture.of_type(GCE):
        if entry.name == name:
            return _google_place(entry, capture)
    (entry,) = (entry for entry in capture.of_type(EC2) if entry.name == name)
    return _amazon_place(entry, capture)


def seats_of(places: Iterable[Place]) -> dict[str, Seat]:
    """An address in its registered subnetwork for each machine. Raises LabError for a public address given twice."""
    seats: dict[str, Seat] = {}
    used: dict[IPv4Network, int] = {}
    owners: dict[str, str] = {}
    for place in places:
        number = used[place.subnetwork] = used.get(place.subnetwork, 0) + 1
        private = str(place.subnetwork[-FROM_THE_END - number])
        if place.public and owners.setdefault(place.public, place.name) != place.name:
            # The capture invents addresses, of which there are few.
            raise LabError(f"{place.name} and {owners[place.public]} have the same public address {place.public}")
        seats[place.name] = Seat(private, place.public, place.public or place.nat, place.network)
    return seats


def output(capture: Capture, entry: Registration, path: str) -> str:
    """What its cloud would answer for an output. Raises LabError where the capture invents nothing."""
    for value, found in capture.invented.get(entry.urn, {}).items():
        if found == path:
            return value
    raise LabError(f"{entry.urn}: the capture knows no {path}. HINT: add it to capture/replies.py")


def mount_point(document: Mapping[str, Any], playbook: str) -> str | None:
    """Where the data disk of a machine is mounted, as the playbook of its role says; None without a data disk."""
    variable = re.search(r'^\s+data_disk_mount_point: "\{\{ (\w+) \}\}"$', playbook, re.MULTILINE)
    if document["dataDisk"] is None or variable is None:
        return None
    role = str(document["role"]).replace("-", "_")
    for key, value in document["settings"].items():
        if variable[1] == role + re.sub("([A-Z])", lambda letter: f"_{letter[1].lower()}", f"_{key}"):
            return str(value)
    raise LabError(f"the playbook of {document['role']} mounts a disk at {variable[1]}, which no setting holds")


def _google_place(entry: Registration, capture: Capture) -> Place:
    (card,) = cast("list[dict[str, Any]]", entry.inputs["networkInterfaces"])
    subnetwork = _by_id(capture, "gcp:compute/subnetwork:Subnetwork", str(card["subnetwork"]))
    public = [access["natIp"] for access in card.get("accessConfigs") or ()]
    return Place(
        machine=entry,
        cloud=Cloud.GCP,
        network=str(subnetwork.inputs["network"]),
        subnetwork=IPv4Network(str(subnetwork.inputs["ipCidrRange"])),
        groups=tuple(cast("Sequence[str]", entry.inputs.get("tags") or ())),
        account=str(cast("dict[str, str]", entry.inputs["serviceAccount"])["email"]),
        named_private=str(card["networkIp"]),
        public=str(public[0]) if public else None,
        nat=_google_nat(subnetwork, capture),
        document=cast("dict[str, str]", entry.inputs["metadata"])["packyard-document"],
    )


def _google_nat(subnetwork: Registration, capture: Capture) -> str | None:
    """The first address of the gateway that serves a subnetwork."""
    for nat in capture.of_type("gcp:compute/routerNat:RouterNat"):
        served = cast("list[dict[str, Any]]", nat.inputs.get("subnetworks") or [])
        addresses = cast("Sequence[str]", nat.inputs.get("natIps") or ())
        if addresses and any(each["name"] == subnetwork.id for each in served):
            for address in capture.of_type("gcp:compute/address:Address"):
                if output(capture, address, "selfLink") == addresses[0]:
                    return output(capture, address, "address")
    return None


def _amazon_place(entry: Registration, capture: Capture) -> Place:
    card_id = str(cast("dict[str, str]", entry.inputs["primaryNetworkInterface"])["networkInterfaceId"])
    card = _by_id(capture, "aws:ec2/networkInterface:NetworkInterface", card_id)
    subnet = _by_id(capture, "aws:ec2/subnet:Subnet", str(card.inputs["subnetId"]))
    public = [
        output(capture, address, "publicIp")
        for address in capture.of_type("aws:ec2/eip:Eip")
        if address.inputs.get("networkInterface") == card_id
    ]
    return Place(
        machine=entry,
        cloud=Cloud.AWS,
        network=str(subnet.inputs["vpcId"]),
        subnetwork=IPv4Network(str(subnet.inputs["cidrBlock"])),
        groups=tuple(cast("Sequence[str]", card.inputs.get("securityGroups") or ())),
        account="",
        named_private=output(capture, card, "privateIp"),
        public=public[0] if public else None,
        nat=_amazon_nat(subnet, capture),
        document=cast("dict[str, str]", entry.inputs["tags"])["packyard-document"],
    )


def _amazon_nat(subnet: Registration, capture: Capture) -> str | None:
    """The address of the gateway that the routes of a subnet lead to."""
    tables = {
        str(entry.inputs["routeTableId"])
        for entry in capture.of_type("aws:ec2/routeTableAssociation:RouteTableAssociation")
        if entry.inputs["subnetId"] == subnet.id
    }
    for route in capture.of_type("aws:ec2/route:Route"):
        if str(route.inputs["routeTableId"]) in tables and route.inputs.get("natGatewayId"):
            gateway = _by_id(capture, "aws:ec2/natGateway:NatGateway", str(route.inputs["natGatewayId"]))
            for address in capture.of_type("aws:ec2/eip:Eip"):
                if gateway.inputs["allocationId"] in (address.id, output(capture, address, "allocationId")):
                    return output(capture, address, "publicIp")
    return None


def _by_id(capture: Capture, kind: str, identifier: str) -> Registration:
    for entry in capture.of_type(kind):
        if entry.id == identifier:
            return entry
    raise LabError(f"there is no {kind} {identifier} in {capture.stack}")


def document_of(place: Place, objects: Mapping[str, bytes]) -> dict[str, Any]:
    """The document of a machine, as uploaded."""
    return json.loads(objects[place.document])
