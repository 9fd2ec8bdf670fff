"""The HA VPN, seen through Pulumi's mocks."""

import pulumi

from components.link import HaVpn, HaVpnArgs
from settings.link.section import HaVpnLink
from tests.components.mocks import Neighbours, context, is_sealed, once, settings, unsealed

LINK = HaVpnLink.model_validate_json(
    """{
    "kind": "haVpn", "gcpAsn": 64520, "awsAsn": 64521,
    "insideCidrs": ["169.254.20.0/30", "169.254.20.4/30", "169.254.20.8/30", "169.254.20.12/30"],
    "presharedKeys": ["first.preshared.key", "second.preshared.key", "third.preshared.key", "fourth.preshared.key"]
    }"""
)


@pulumi.runtime.test
def build() -> None:
    near = Neighbours()
    args = HaVpnArgs(
        settings=LINK, gcp_network=near.testground, gcp_cidr=settings().network.gcp.testground, aws_network=near.aws
    )
    HaVpn("link", args, context(), gcp_provider=near.providers.testground, aws_provider=near.providers.aws)


def test_every_tunnel_has_a_key_of_its_own_which_stays_secret() -> None:
    clouds = once(build)

    keys = [made.inputs["sharedSecretWo"] for made in clouds.of_type("gcp:compute/vPNTunnel:VPNTunnel")]
    assert all(is_sealed(key) for key in keys)
    assert {unsealed(key) for key in keys} == {key.get_secret_value() for key in LINK.preshared_keys}


def test_both_ends_of_a_session_name_each_others_address() -> None:
    clouds = once(build)

    own = {
        made.inputs["ipRange"].partition("/")[0]
        for made in clouds.of_type("gcp:compute/routerInterface:RouterInterface")
    }
    far = {made.inputs["peerIpAddress"] for made in clouds.of_type("gcp:compute/routerPeer:RouterPeer")}
    assert len(own) == len(far) == len(LINK.inside_cidrs)
    assert not own & far


def test_nothing_but_a_ping_may_pass_by_itself() -> None:
    clouds = once(build)

    firewall = clouds.one("gcp:compute/firewall:Firewall", "link-ping")
    assert [allow["protocol"] for allow in firewall.inputs["allows"]] == ["icmp"]
    rules = clouds.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert {rule.inputs["ipProtocol"] for rule in rules if rule.name.startswith("link")} == {"icmp"}
