"""What a host asks for and signs with, as it lays them out: with a proof that only this host and its peer can make.

Whoever can write the exchange could otherwise ask for a certificate in the name of a host, with a key of his own, and
introduce an authority with that. The secret of the proof is what the keys of the tunnel agree on, so whoever agrees to
a host's key agrees to what it asks for.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, cast

PROOF = "proof"
"""The entry beside the requests; no kind of certificate has that name."""


def texts(value: str | None) -> dict[str, str]:
    """A JSON object of texts; whatever else another host laid out counts as nothing."""
    try:
        content: Any = json.loads(value or "{}")
    except (ValueError, RecursionError):
        return {}
    entries = cast("dict[Any, Any]", content) if isinstance(content, dict) else {}
    return {key: text for key, text in entries.items() if isinstance(key, str) and isinstance(text, str)}


def json_of(entries: Mapping[str, str]) -> str:
    """What `texts` reads."""
    return json.dumps(entries, sort_keys=True)


def laid_out(host: str, requests: Mapping[str, str], secret: bytes | None) -> str:
    """The requests of a host; without a proof where it has not met its peer yet."""
    return json_of(requests if secret is None else {**requests, PROOF: _proof(host, requests, secret)})


def read(value: str | None) -> dict[str, str]:
    """The requests, whoever made them."""
    return {kind: request for kind, request in texts(value).items() if kind != PROOF}


def is_of(host: str, value: str | None, secret: bytes | None) -> bool:
    """Whether that host made these requests."""
    proof = texts(value).get(PROOF, "")
    return secret is not None and hmac.compare_digest(proof.encode(), _proof(host, read(value), secret).encode())


def authorities(host: str, pem: str, secret: bytes | None) -> str:
    """The authorities of a host as it lays them out, with a proof behind them where it has met its peer."""
    return pem if secret is None else f"{pem}{PROOF}: {_mac(secret, f'authorities of {host}', pem)}\n"


def are_of(host: str, value: str, secret: bytes | None) -> bool:
    """Whether that host laid out these authorities."""
    pem, _, proof = value.rpartition(f"{PROOF}: ")
    if secret is None or not pem:
        return False
    return hmac.compare_digest(proof.strip().encode(), _mac(secret, f"authorities of {host}", pem).encode())


def _proof(host: str, requests: Mapping[str, str], secret: bytes) -> str:
    """The host's name keeps one host's requests from being laid out as the other's."""
    return _mac(secret, host, json_of(requests))


def _mac(secret: bytes, what: str, text: str) -> str:
    return hmac.new(secret, f"{what}\n{text}".encode(), hashlib.sha256).hexdigest()
