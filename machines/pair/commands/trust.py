"""`pairctl trust`: keys and authorities that came through the exchange and that nobody has agreed to.

Without a fingerprint it shows them, and what this host itself has laid out, to compare on the other one. With one, a
person agrees to it, or refuses it: then it is forgotten, and comes again if it is still laid out.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from host import accounts
from host.errors import HostError

from pair import memory
from pair.keys import certificates, known, wireguard
from pair.keys.known import Known, Stranger
from pair.settings import PairSettings


@dataclass(frozen=True)
class Seen:
    """What is known, and which of it a person asks for."""

    known: Known
    fingerprint: str
    is_refused: bool

    @property
    def stranger(self) -> Stranger | None:
        """None where nothing of that fingerprint waits."""
        return next((each for each in self.known.strangers if each.fingerprint == self.fingerprint), None)


def refusal(seen: Seen) -> HostError | None:
    """Why there is nothing to agree to; None where there is."""
    if seen.stranger is None:
        return HostError(f"nothing waits that has the fingerprint {seen.fingerprint}", "pairctl trust shows what does")
    return None


def account(seen: Seen) -> accounts.Account:
    """What a person reads first."""
    found = seen.stranger
    if found is None:
        return accounts.Account(f"agree to {seen.fingerprint}", (), ())
    if seen.is_refused:
        steps = ("forget it; it comes again if it is still laid out",)
        return accounts.Account(f"refuse the {found.what} {found.fingerprint}", (str(found),), steps)
    if found.certificate:
        steps = ("trust this authority from the next round of the exchange on",)
        losses = ("if it is a stranger's: whoever has its key can be either host, and read and write all data",)
    else:
        steps = ("tell it no more; it is in use already",)
        losses = ("if it is a stranger's: whoever has its private key is the other end of the tunnel",)
    return accounts.Account(f"agree to the {found.what} {found.fingerprint}", (str(found),), steps, losses)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("fingerprint", nargs="?", help="as `pairctl trust` shows it on the host that made it")
    parser.add_argument("--refuse", action="store_true", help="it is a stranger's")
    accounts.add_arguments(parser)


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """Raises HostError."""
    if options.fingerprint is None:
        sys.stdout.write("".join(f"{line}\n" for line in _lines(settings)))
        return 0

    def look() -> Seen:
        return Seen(known.read(settings.server), options.fingerprint, options.refuse)

    with accounts.agreed_on(known.held("pairctl trust"), options, look, refusal, account) as seen:
        if seen is not None and seen.stranger is not None:
            _settle(settings, seen.known, seen.stranger, is_refused=options.refuse)
    return 0


def _settle(settings: PairSettings, before: Known, stranger: Stranger, *, is_refused: bool) -> None:
    if is_refused:
        known.write(settings.server, before.without([stranger.fingerprint]))
        accounts.Progress()(f"the {stranger.what} is refused")
    else:
        known.write(settings.server, known.agreed(before, stranger))
        accounts.Progress()(f"the {stranger.what} is agreed to; pairctl exchange takes it in")


def _lines(settings: PairSettings) -> Iterator[str]:
    yield f"{settings.host} (here): WireGuard key {wireguard.own_public_key()}"
    for path in sorted(memory.AUTHORITY.below(settings.server.mount_point).glob("*.pem")):
        for each in certificates.read_certificates(path.read_text(encoding="utf-8")):
            yield f"{settings.host} (here): certificate authority {known.fingerprint(each)}"
    strangers = known.read(settings.server).strangers
    yield from (f"nobody has agreed to this {each}" for each in strangers)
    if not strangers:
        yield "nothing waits for anybody to agree"
