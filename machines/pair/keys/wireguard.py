"""One end of the tunnel: the key of this host, which never leaves it, and the public one of the peer."""

import base64
import re
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from host import files
from host.errors import HostError
from host.programs import run

from pair import memory
from pair.settings import Link

INTERFACE = "packyard"
FOLDER = Path("/etc/wireguard")
KEY = memory.WIREGUARD_KEY.below(FOLDER)
CONFIGURATION = memory.WIREGUARD_PEER.below(FOLDER)
INTERFACES = Path("/sys/class/net")
PUBLIC_KEY = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")
"""32 bytes in base 64, as `wg pubkey` writes them."""

PEER = "[Peer]"
TIMEOUT = 10


def own_public_key() -> str:
    """The public key of this host; the private one is made when there is none."""
    raw = _own_key().public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def shared_secret(peer_key: str) -> bytes | None:
    """What this host and the holder of that key alone can compute; None where the key is good for nothing.

    The label keeps it apart from what the tunnel makes of the same two keys.
    """
    if not is_public_key(peer_key):
        return None
    try:
        agreed = _own_key().exchange(x25519.X25519PublicKey.from_public_bytes(base64.b64decode(peer_key)))
    except ValueError:
        return None
    return HKDF(hashes.SHA256(), length=32, salt=None, info=b"packyard certificate requests").derive(agreed)


def _own_key() -> x25519.X25519PrivateKey:
    text = files.text_of(KEY)
    if text is None:
        made = x25519.X25519PrivateKey.generate()
        raw = made.private_bytes(
            serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        )
        text = base64.b64encode(raw).decode() + "\n"
        files.write(KEY, text)
    try:
        return x25519.X25519PrivateKey.from_private_bytes(base64.b64decode(text.strip(), validate=True))
    except ValueError:
        raise HostError(f"{KEY} holds no WireGuard key", "remove it: the next run makes a new one") from None


def is_public_key(text: str) -> bool:
    """Whether a text is a key and nothing beside it: it becomes a line of a configuration file."""
    return PUBLIC_KEY.fullmatch(text) is not None


def known_peer() -> str:
    """The key in the configuration of the tunnel; empty where there is none."""
    found = re.search(r"^PublicKey = (\S+)$", (files.text_of(CONFIGURATION) or "").partition(PEER)[2], re.MULTILINE)
    return found[1] if found and is_public_key(found[1]) else ""


def configuration(link: Link, present: str | None, peer_key: str) -> str:
    """The configuration with the peer: what stands before the peer's section is kept where there is any."""
    before = (present or "").partition(PEER)[0]
    if "[Interface]" not in before:
        before = _interface(link)
    return f"{before.rstrip()}\n\n{_peer(link, peer_key)}"


def _interface(link: Link) -> str:
    return (
        "[Interface]\n"
        f"Address = {link.address}/32\n"
        f"ListenPort = {link.port}\n"
        f"MTU = {link.mtu}\n"
        f"PostUp = wg set %i private-key {KEY}\n"
    )


def _peer(link: Link, peer_key: str) -> str:
    return (
        f"{PEER}\n"
        f"PublicKey = {peer_key}\n"
        f"Endpoint = {link.peer_endpoint}\n"
        f"AllowedIPs = {link.peer_address}/32\n"
        f"PersistentKeepalive = {link.persistent_keepalive}\n"
    )


def take_peer(link: Link, peer_key: str) -> bool:
    """Writes the peer into the configuration, and tells a running tunnel; whether anything changed."""
    text = configuration(link, files.text_of(CONFIGURATION), peer_key)
    changed = files.write(CONFIGURATION, text)
    if (INTERFACES / INTERFACE).exists():
        changed = _tell(link, peer_key, is_new=changed) or changed
    return changed


def _tell(link: Link, peer_key: str, *, is_new: bool) -> bool:
    """A tunnel that came up before its peer was known has no route either, which wg-quick makes at its start.

    `is_new`: the peer's section has changed, which may be its endpoint alone.
    """
    known = run(["wg", "show", INTERFACE, "peers"], timeout=TIMEOUT).output.split()
    if known == [peer_key] and not is_new:
        return False
    for other in known:
        if other != peer_key:
            run(["wg", "set", INTERFACE, "peer", other, "remove"], timeout=TIMEOUT)
    keepalive = str(link.persistent_keepalive)
    peer = ["peer", peer_key, "endpoint", link.peer_endpoint, "allowed-ips", f"{link.peer_address}/32"]
    run(["wg", "set", INTERFACE, *peer, "persistent-keepalive", keepalive], timeout=TIMEOUT)
    run(["ip", "-4", "route", "replace", f"{link.peer_address}/32", "dev", INTERFACE], timeout=TIMEOUT)
    return True
