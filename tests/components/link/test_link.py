"""The link between the clouds: nothing by default, four tunnels where the networks are joined, no key in sight."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from capture import Capture, ProgramError, Registration, capture_stack, read_stack_file
from capture.registration import Secret, leaves
from tests.registrations import resources_of
from tests.support import ROOT, STACKS, changed_stack_file, estate, stack_file_text, variant

KEYS = ["first.key.AAAA", "second.key.BBBB", "third.key.CCCC", "fourth.key.DDDD"]
HA_VPN: dict[str, object] = {
    "kind": "haVpn",
    "gcpAsn": 64520,
    "awsAsn": 64521,
    "insideCidrs": ["169.254.20.0/30", "169.254.20.4/30", "169.254.20.8/30", "169.254.20.12/30"],
    "presharedKeys": KEYS,
}


@cache
def joined(**changes: object) -> Capture:
    """Production with the networks joined, and the keys as the secure values that they are in a stack file."""
    return variant("production", {"link": HA_VPN | changes})


def of_link(capture: Capture, kind: str) -> list[Registration]:
    return [entry for entry in resources_of(capture, "packyard:link:HaVpn") if entry.kind == kind]


def inputs(capture: Capture, kind: str) -> list[Any]:
    return [entry.inputs for entry in of_link(capture, kind)]


def tunnel_inputs(name: str) -> Iterator[Any]:
    """One input of all four tunnels on AWS's side, in the order of the tunnels."""
    for connection in inputs(joined(), "VpnConnection"):
        for tunnel in (1, 2):
            yield connection[f"tunnel{tunnel}{name}"]


@pytest.mark.parametrize("stack", STACKS)
def test_without_ha_vpn_nothing_joins_the_networks(stack: str) -> None:
    kinds = {entry.kind for entry in estate(stack).resources}

    assert kinds.isdisjoint(
        {"HaVpnGateway", "VPNTunnel", "VpnGateway", "VpnConnection", "CustomerGateway", "RouterPeer"}
    )


def test_joining_the_networks_changes_nothing_that_exists() -> None:
    before, after = estate("production").by_urn, joined().by_urn

    assert [urn for urn, entry in before.items() if after.get(urn) != entry] == []


def test_google_meets_each_of_the_four_addresses_of_aws_with_a_tunnel() -> None:
    (outside,) = inputs(joined(), "ExternalVpnGateway")
    tunnels = inputs(joined(), "VPNTunnel")

    assert outside["redundancyType"] == "FOUR_IPS_REDUNDANCY"
    assert [interface["id"] for interface in outside["interfaces"]] == [0, 1, 2, 3]
    assert len({interface["ipAddress"] for interface in outside["interfaces"]}) == 4
    assert [entry["vpnGatewayInterface"] for entry in tunnels] == [0, 0, 1, 1]
    assert [entry["peerExternalGatewayInterface"] for entry in tunnels] == [0, 1, 2, 3]


def test_each_connection_starts_at_one_interface_of_the_gateway() -> None:
    gateways = inputs(joined(), "CustomerGateway")
    connections = of_link(joined(), "VpnConnection")

    assert len({entry["ipAddress"] for entry in gateways}) == len(gateways) == 2
    assert {entry["bgpAsn"] for entry in gateways} == {"64520"}
    assert len({str(entry.inputs["customerGatewayId"]) for entry in connections}) == 2
    assert {entry["amazonSideAsn"] for entry in inputs(joined(), "VpnGateway")} == {"64521"}


def test_both_ends_speak_ikev2_with_one_algorithm_of_each_kind() -> None:
    assert {entry["ikeVersion"] for entry in inputs(joined(), "VPNTunnel")} == {2}
    assert set(tunnel_inputs("IkeVersions")) == {("ikev2",)}
    for phase in ("Phase1", "Phase2"):
        for kind in ("EncryptionAlgorithms", "IntegrityAlgorithms", "DhGroupNumbers"):
            chosen = set(tunnel_inputs(f"{phase}{kind}"))
            assert len(chosen) == 1
            assert len(chosen.pop()) == 1
    for entry in inputs(joined(), "VPNTunnel"):
        assert all(len(names) == 1 for phase in entry["cipherSuite"].values() for names in phase.values())


def test_bgp_addresses_are_those_that_aws_takes_in_each_tunnel() -> None:
    ranges = [entry["ipRange"] for entry in inputs(joined(), "RouterInterface")]
    peers = inputs(joined(), "RouterPeer")

    assert ranges == ["169.254.20.2/30", "169.254.20.6/30", "169.254.20.10/30", "169.254.20.14/30"]
    assert [entry["peerIpAddress"] for entry in peers] == [
        "169.254.20.1",
        "169.254.20.5",
        "169.254.20.9",
        "169.254.20.13",
    ]
    assert {entry["peerAsn"] for entry in peers} == {64521}
    (router,) = inputs(joined(), "Router")
    assert router["bgp"] == {"asn": 64520, "advertiseMode": "CUSTOM", "advertisedGroups": ("ALL_SUBNETS",)}


def test_every_route_table_of_the_vpc_that_has_machines_learns_the_way() -> None:
    learning = {entry["routeTableId"] for entry in inputs(joined(), "VpnGatewayRoutePropagation")}
    tables = {entry.id for entry in joined().of_type("aws:ec2/routeTable:RouteTable")}

    assert learning == tables


def test_the_link_itself_lets_nothing_through_but_pings() -> None:
    protocols = {str(allow["protocol"]) for entry in inputs(joined(), "Firewall") for allow in entry["allows"]} | {
        str(entry["ipProtocol"]) for entry in inputs(joined(), "SecurityGroupIngressRule")
    }

    assert protocols == {"icmp"}
    for far_end in ("sourceRanges", "destinationRanges"):
        assert [entry[far_end] for entry in inputs(joined(), "Firewall") if far_end in entry] == [("10.36.0.0/16",)]
    assert [entry["cidrIpv4"] for entry in inputs(joined(), "SecurityGroupIngressRule")] == ["10.32.0.0/20"]


def test_each_tunnel_has_its_own_key_and_both_ends_of_it_the_same() -> None:
    near = [entry["sharedSecretWo"] for entry in inputs(joined(), "VPNTunnel")]
    far = list(tunnel_inputs("PresharedKey"))

    assert all(isinstance(key, Secret) for key in near + far)
    assert [key.plain for key in near] == [key.plain for key in far] == KEYS


def test_no_key_is_readable_anywhere() -> None:
    for entry in joined().registrations:
        for holder in (entry.inputs, entry.outputs):
            readable = [str(value) for _, value in leaves(holder) if not isinstance(value, Secret)]
            assert [key for key in KEYS for text in readable if key in text] == [], entry.urn


def test_google_never_stores_a_key_and_aws_answers_with_secrets() -> None:
    assert all("sharedSecret" not in entry for entry in inputs(joined(), "VPNTunnel"))
    for entry in of_link(joined(), "VpnConnection"):
        assert set(entry.additional_secret_outputs) >= {
            "tunnel1PresharedKey",
            "tunnel2PresharedKey",
            "customerGatewayConfiguration",
        }


def test_google_takes_a_new_key_when_its_version_is_raised() -> None:
    versions = {entry["sharedSecretWoVersion"] for entry in inputs(joined(presharedKeyVersion=2), "VPNTunnel")}

    assert versions == {"2"}


def test_keys_in_clear_are_refused_without_being_shown() -> None:
    with pytest.raises(ProgramError) as caught:
        capture_stack(ROOT, replace(changed_stack_file("production", {"link": HA_VPN}), secret_keys=()))

    assert "packyard:link.presharedKeys: the keys are written in clear" in str(caught.value)
    assert [key for key in KEYS if key in str(caught.value)] == []


def test_a_preview_passes_without_opening_the_keys_of_a_stack_file(tmp_path: Path) -> None:
    document = yaml.safe_load(stack_file_text("production"))
    sealed = {"presharedKeys": [{"secure": f"v1:ciphertext{number}"} for number in range(4)]}
    document["config"]["packyard:link"] = HA_VPN | sealed
    (tmp_path / "Pulumi.production.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")

    capture = capture_stack(ROOT, read_stack_file(tmp_path, "production"), preview=True)

    assert len({entry["sharedSecretWo"] for entry in inputs(capture, "VPNTunnel")}) == 4
