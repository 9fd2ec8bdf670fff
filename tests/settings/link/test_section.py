"""A link that one of the clouds would refuse, or whose keys are weak, is refused before anything is made."""

import pytest

from tests.support import faults_of

KEYS = ["first.key.AAAA", "second.key.BBBB", "third.key.CCCC", "fourth.key.DDDD"]
HA_VPN: dict[str, object] = {
    "kind": "haVpn",
    "gcpAsn": 64520,
    "awsAsn": 64521,
    "insideCidrs": ["169.254.20.0/30", "169.254.20.4/30", "169.254.20.8/30", "169.254.20.12/30"],
    "presharedKeys": KEYS,
}


def places(**changes: object) -> list[str]:
    """Where the faults are when the link is an HA VPN with some settings changed."""
    return [".".join(map(str, fault.path)) for fault in faults_of("staging", {"link": HA_VPN | changes})]


def test_both_forms_are_accepted() -> None:
    assert places() == []
    assert faults_of("staging", {"link": {"kind": "wireGuard"}}) == ()


def test_an_unknown_form_is_refused() -> None:
    assert [fault.path for fault in faults_of("staging", {"link": {"kind": "ipsec"}})] == [("link",)]


def test_wireguard_takes_no_settings_of_the_other_form() -> None:
    faults = faults_of("staging", {"link": {"kind": "wireGuard", "gcpAsn": 64520}})

    assert [fault.path for fault in faults] == [("link", "gcpAsn")]


@pytest.mark.parametrize("asn", [0, 64511, 65535, 15169])
def test_an_as_number_of_somebody_else_is_refused(asn: int) -> None:
    assert places(gcpAsn=asn) == ["link.gcpAsn"]


def test_one_as_number_for_both_ends_is_refused() -> None:
    assert places(awsAsn=64520) == ["link.awsAsn"]


@pytest.mark.parametrize(
    "cidr",
    ["169.254.20.0/29", "10.0.0.0/30", "169.254.20.1/30", "169.254.169.252/30", "169.254.0.0/30"],
    ids=["too wide", "not link-local", "not a network", "metadata server", "reserved by AWS"],
)
def test_an_inside_range_that_aws_would_refuse_is_refused(cidr: str) -> None:
    assert places(insideCidrs=[cidr, "169.254.20.4/30", "169.254.20.8/30", "169.254.20.12/30"]) == [
        "link.insideCidrs.0"
    ]


def test_each_tunnel_has_its_own_range() -> None:
    assert places(insideCidrs=["169.254.20.0/30", "169.254.20.4/30", "169.254.20.8/30", "169.254.20.4/30"]) == [
        "link.insideCidrs.3"
    ]


@pytest.mark.parametrize(
    "key",
    ["short.1", "0starts.with.zero", "has-a-hyphen", "has+a/plus=", "x" * 65, ""],
    ids=["short", "zero", "hyphen", "base64", "long", "empty"],
)
def test_a_key_that_aws_would_refuse_is_refused(key: str) -> None:
    assert places(presharedKeys=[*KEYS[:3], key]) == ["link.presharedKeys.3"]


def test_each_tunnel_has_its_own_key() -> None:
    assert places(presharedKeys=[*KEYS[:3], KEYS[0]]) == ["link.presharedKeys.3"]


def test_no_fault_shows_a_key() -> None:
    bad = ["0wrong.key.one", KEYS[1], KEYS[1], "wrong key with a space"]
    text = " ".join(str(fault) for fault in faults_of("staging", {"link": HA_VPN | {"presharedKeys": bad}}))

    assert text
    assert [key for key in bad if key in text] == []


def test_keys_that_a_preview_cannot_open_are_accepted_and_still_told_apart() -> None:
    sealed = [f"secure-{number:016x}" for number in range(4)]

    assert places(presharedKeys=sealed) == []
    assert places(presharedKeys=[*sealed[:3], sealed[0]]) == ["link.presharedKeys.3"]
