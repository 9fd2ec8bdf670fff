"""One round of the exchange: what this host lays out for its peer, takes in of it, and signs.

What has not come yet is named and waited for. A round that finds nothing to do writes nothing and says nothing. What
may be taken in of that which the peer laid out is judged by `known`.
"""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography import x509

from pair import memory
from pair.keys import authority, certificates, known, signing, vouched, wireguard
from pair.keys.certificate_folder import CertificateFolder, Holding, Installed
from pair.keys.certificates import Names
from pair.keys.known import Known
from pair.keys.parameter_store import ParameterStore
from pair.server import cluster, lock
from pair.settings import PairSettings


class Exchange:
    """One round."""

    def __init__(self, settings: PairSettings, store: ParameterStore, now: datetime) -> None:
        self._settings = settings
        self._names = settings.exchange
        self._store = store
        self._now = now
        self._folder = CertificateFolder(settings.certificates)
        self._values = store.read()
        self._addresses = dict(settings.hosts)
        self._own: tuple[x509.Certificate, ...] = ()
        self._known = self._before(known.read(settings.server))
        self._meets = not self._known.peer_key

    def _before(self, found: Known) -> Known:
        """A host of before this was kept knows what it uses."""
        return replace(
            found,
            peer_key=found.peer_key or wireguard.known_peer(),
            authorities=found.authorities or self._folder.installed().authority,
        )

    def run(self) -> None:
        """Lays out first, so that the peer's next round finds it whatever else fails here."""
        self._tunnel()
        self._ask()
        if self._settings.host == self._settings.certificates.authority:
            self._sign()
        self._install()
        self._reload()

    def _tunnel(self) -> None:
        self._lay_out(self._settings.host, self._names.public_key, wireguard.own_public_key())
        key = self._value(self._settings.peer, self._names.public_key)
        if key is None:
            _say(f"waits for the WireGuard key of {self._settings.peer}")
        elif not wireguard.is_public_key(key):
            _complain(f"what {self._settings.peer} laid out as its WireGuard key is none; the tunnel stays as it is")
        else:
            self._know(known.met(self._known, self._settings.peer, key, self._now))
            if wireguard.take_peer(self._settings.link, key):
                _say(f"the tunnel knows {self._settings.peer}")

    def _ask(self) -> None:
        """Makes a key for each certificate that is missing, wrong or near its end, and lays out the requests."""
        host, installed, trusted = self._settings.host, self._folder.installed(), self._trusted()
        requests: dict[str, str] = {}
        for kind, names in self._wanted(host).items():
            pending = self._folder.pending(kind)
            if pending is None and self._is_due(installed.holding(kind), names, trusted):
                pending = self._folder.make_pending(kind, names)
            if pending is not None:
                requests[kind] = pending.request
        if requests:
            value = vouched.laid_out(host, requests, self._secret())
            self._lay_out(host, self._names.certificate_requests, value)

    def _is_due(self, holding: Holding | None, names: Names, trusted: tuple[x509.Certificate, ...]) -> bool:
        certificate = holding.parsed() if holding is not None else None
        if certificate is None:
            return True
        renewal = timedelta(days=self._settings.certificates.renew_days)
        near = certificates.remaining(certificate, self._now) < renewal
        return near or any(certificates.faults(certificate, names, trusted, self._now))

    def _sign(self) -> None:
        host = self._settings.host
        folder = memory.AUTHORITY.below(self._settings.server.mount_point)
        own = signing.authorities(host, folder, self._now)
        self._own = tuple(each.certificate for each in own)
        pem = certificates.certificate_text(*signing.laid_out(own, self._now))
        self._lay_out(host, self._names.authority, vouched.authorities(host, pem, self._secret()))
        lifetime = timedelta(days=self._settings.certificates.days)
        signatory = signing.Signatory(own, self._trusted(), lifetime, self._now)
        for name in self._addresses:
            requests = self._requests(name)
            present = vouched.texts(self._value(name, self._names.certificates))
            answer = signatory.answer(self._wanted(name), requests, present)
            for reason in answer.refused:
                _complain(f"a certificate request of {name} is refused: {reason}")
            if answer.waits:
                _say(f"the new authority signs for {name} once both hosts have had time to fetch it")
            if answer.certificates:
                self._lay_out(name, self._names.certificates, vouched.json_of(answer.certificates))

    def _requests(self, host: str) -> dict[str, str]:
        """What a host asks for: of this one, what waits here; of the peer, what it proves, but for the first time."""
        if host == self._settings.host:
            waiting = {kind: self._folder.pending(kind) for kind in self._settings.certificates.kinds}
            return {kind: pending.request for kind, pending in waiting.items() if pending is not None}
        value = self._value(host, self._names.certificate_requests)
        is_first = self._meets and self._known.peer_key
        if value is None or is_first or vouched.is_of(host, value, self._secret()):
            return vouched.read(value)
        _complain(
            f"what {host} asks for is refused: it is not told by the key that this host knows of it."
            " HINT: a host that was made anew asks with a new key: pairctl trust"
        )
        return {}

    def _install(self) -> None:
        """All that is sound comes into use together; before the first time, nothing does until nothing is missing."""
        host, trusted = self._settings.host, self._trusted()
        installed = self._folder.installed()
        offered = vouched.texts(self._value(host, self._names.certificates))
        holdings: dict[str, Holding] = {}
        missing: list[str] = []
        for kind, names in self._wanted(host).items():
            chosen = self._chosen(kind, names, installed.holding(kind), offered.get(kind, ""), trusted)
            if chosen is not None:
                holdings[kind] = chosen
            waits = self._folder.pending(kind) is not None and chosen == installed.holding(kind)
            if chosen is None or waits:
                missing.append(kind)
        if missing or not trusted:
            _say(
                f"waits for certificates of {self._settings.certificates.authority}: {', '.join(missing) or 'its own'}"
            )
        content = Installed(certificates.certificate_text(*trusted), holdings)
        if len(holdings) == len(self._settings.certificates.kinds) and content != installed:
            self._folder.install(content, self._now)
            _say("new certificates are in use")

    def _chosen(
        self, kind: str, names: Names, present: Holding | None, offer: str, trusted: tuple[x509.Certificate, ...]
    ) -> Holding | None:
        """What is in use of a kind from now on: the offer, where it is sound and ends later than the present one."""
        pending = self._folder.pending(kind)
        keys = [each.key for each in (pending, present) if each is not None]
        fitting = [holding for key in keys if (holding := Holding(key, offer)).parsed() is not None]
        if not fitting:
            return present
        faults = fitting[0].faults(names, trusted, self._now)
        if faults:
            if fitting[0] != present:
                _complain(f"the certificate {kind} that was laid out is refused: {', '.join(faults)}")
            return present
        if present is None or present.faults(names, trusted, self._now):
            return fitting[0]
        return max(present, fitting[0], key=_end)

    def _reload(self) -> None:
        """Under the lock, so that no reload falls into a change of roles; what is missed now is done next time."""
        if not self._folder.awaits_reload:
            return
        with lock.held("pairctl exchange"):
            if cluster.is_running(self._settings.server):
                cluster.reload(self._settings.server)
            self._folder.reloaded()

    def _trusted(self) -> tuple[x509.Certificate, ...]:
        """The authorities of both hosts, as far as they are known or introduced."""
        offers: list[known.Offer] = []
        for host in self._addresses:
            value = self._value(host, self._names.authority) or ""
            is_proven = host == self._settings.peer and vouched.are_of(host, value, self._secret())
            offers.append(known.Offer(host, certificates.read_certificates(value), is_proven))
        self._know(known.judged(self._known, offers, self._own, self._now))
        return authority.bundle(certificates.read_certificates(self._known.authorities), self._now)

    def _know(self, found: Known) -> None:
        """Keeps it before anything is done with it, and tells what is new."""
        known.write(self._settings.server, found)
        for stranger in found.strangers:
            if stranger not in self._known.strangers:
                _complain(f"nobody has agreed to this {stranger}. HINT: compare it on the other host: pairctl trust")
        self._known = found

    def _wanted(self, host: str) -> dict[str, Names]:
        kinds = self._settings.certificates.kinds
        return {kind: certificates.names_of(kind, host, self._addresses[host]) for kind in kinds}

    def _secret(self) -> bytes | None:
        return wireguard.shared_secret(self._known.peer_key)

    def _value(self, host: str, name: str) -> str | None:
        return self._values.get(f"{host}/{name}")

    def _lay_out(self, host: str, name: str, value: str) -> None:
        if self._value(host, name) != value:
            self._store.write(f"{host}/{name}", value)
            self._values[f"{host}/{name}"] = value
            _say(f"laid out {host}/{name}")


def _end(holding: Holding) -> datetime:
    certificate = holding.parsed()
    return datetime.min.replace(tzinfo=UTC) if certificate is None else certificate.not_valid_after_utc


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")
