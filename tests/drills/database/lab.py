"""Both hosts of the pair and their stores in one network: `python -m tests.drills.database.lab` by hand.

Every host boots from what the program registers for staging, or for staging with a few settings changed.
"""

import json
import secrets
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import IO, Any, Self

from lab.clouds.amazon_access import REGION, Access
from lab.clouds.amazon_services import as_registered
from lab.clouds.google_access import GoogleAccess
from lab.clouds.google_storage import GoogleStorage
from lab.clouds.metadata import KEY_ID, TOKEN, AmazonCloud, CloudStandIn
from lab.clouds.objects import AmazonObjects, GoogleObjects, Objects
from lab.clouds.stores import GCS, S3, S3_HOST, start_stores
from lab.machines.image import MIRROR_NAMES, image_folder
from lab.machines.machine import common_names, mirror
from lab.machines.pair_host import PairHost
from lab.network.dhcp import serve_addresses
from lab.network.faults import Faults, Outage, Seat
from lab.network.network import BRIDGE, GATEWAY, METADATA, LabNetwork, Process
from lab.network.web import Answer, Reply, Request, serve
from lab.registered import cloud_of, document_address, name_stand_in_agent
from lab.scratch import scratch_folder
from settings.database_pair.section import DatabaseHost
from tests.support import estate, variant

PRIVATE = {DatabaseHost.A: "10.99.0.2", DatabaseHost.B: "10.99.0.3"}
CONVERGED_SECONDS = 900
A_DAY = 86400


class PairLab:
    """A context: on the way in both hosts begin to boot, on the way out everything goes."""

    def __init__(self, changes: Mapping[str, object] | None = None, *, data: str = "3g") -> None:
        """`changes` are settings of staging by dotted path; `data` is the size of each data disk."""
        self.capture = variant("staging", changes) if changes else estate("staging")
        self.clouds = {host: cloud_of(host, self.capture) for host in DatabaseHost}
        for cloud in self.clouds.values():
            name_stand_in_agent(cloud)
        documents = {host: _settings(cloud) for host, cloud in self.clouds.items()}
        self.document = documents[DatabaseHost.A]
        """Settings of pg-a; all but `identity` are those of pg-b too."""
        self.seats = {host: Seat(PRIVATE[host], _public(documents[host.peer])) for host in DatabaseHost}
        self._stand_ins()
        self._clients: set[str] = set()
        self.hosts: dict[DatabaseHost, PairHost] = {}
        self._kept = ExitStack()
        try:
            self._build(data)
        except BaseException:
            self.close()
            raise

    def _build(self, data: str) -> None:
        self.network = LabNetwork()
        self._kept.callback(self.network.close)
        self.folder = scratch_folder("stores")
        self._kept.callback(shutil.rmtree, self.folder)
        self.faults = Faults(self.network, {host.value: seat for host, seat in self.seats.items()})
        self._serve()
        self._kept.callback(self.stores.close)
        names = self._names()
        for host, cloud in self.clouds.items():
            self.hosts[host] = PairHost(cloud, host, self.seats[host], self.network, names, data=data)
            self._kept.callback(self.hosts[host].close)

    @property
    def a(self) -> PairHost:
        """On Google Cloud."""
        return self.hosts[DatabaseHost.A]

    @property
    def b(self) -> PairHost:
        """On AWS."""
        return self.hosts[DatabaseHost.B]

    def machine(self, name: str) -> PairHost:
        """A host by its name."""
        return self.hosts[DatabaseHost(name)]

    def change_document(self, host: PairHost, change: Callable[[dict[str, Any]], None]) -> None:
        """Puts another document in place of a host's; its next converge applies it."""
        address = document_address(host.cloud)
        document = json.loads(host.cloud.bucket.objects[address])
        change(document)
        host.cloud.bucket.objects[address] = json.dumps(document).encode()

    def start_client(self, *command: str, address: str, log: IO[bytes]) -> Process:
        """A program outside the hosts, whose connections to them come from an address such as one of `appCidrs`.

        It runs on this machine, in the network of the lab, and ends with the tests at the latest.
        """
        if address not in self._clients:
            self.network.add_address(address)
            self._clients.add(address)
        for seat in self.seats.values():
            self.network.ip(f"route replace {seat.private}/32 dev {BRIDGE} src {address}")
        return self.network.start(*command, log=log)

    def __enter__(self) -> Self:
        try:
            self.faults.open_roads()
            for host in self.hosts.values():
                host.boot()
            self.a.restart(600)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Takes everything away."""
        self._kept.close()

    def wait_converged(self, seconds: float = CONVERGED_SECONDS) -> None:
        """Waits until converge has ended well on both hosts."""
        until = time.monotonic() + seconds
        for host in self.hosts.values():
            host.wait_for(host.has_converged, max(1, until - time.monotonic()), f"{host.name} converges")

    def cut_link(self) -> None:
        """From now on nothing passes between the hosts; the stores and metadata services stay in reach."""
        self.faults.link_cut = True
        self.faults.apply()

    def mend_link(self) -> None:
        """The hosts reach each other again."""
        self.faults.link_cut = False
        self.faults.apply()

    def isolate(self, host: PairHost) -> None:
        """From now on it reaches nothing: no peer, no store, no metadata service."""
        self.faults.isolated.add(host.name)
        self.faults.apply()

    def end_isolation(self, host: PairHost) -> None:
        """It reaches everything again."""
        self.faults.isolated.discard(host.name)
        self.faults.apply()

    def repository_down(self, number: int, outage: Outage = Outage.REFUSED) -> None:
        """Takes the store of repo1 or repo2 away. The machine store of the same cloud goes with it."""
        self.faults.away[(S3, GCS)[number - 1]] = outage
        self.faults.apply()

    def repository_up(self) -> None:
        """Brings all stores back."""
        self.faults.away.clear()
        self.faults.apply()

    def objects(self, number: int) -> Objects:
        """What lies in repo1 or repo2, with the rights of whoever owns the account."""
        repository = self.document["pgbackrest"]["repositories"][number - 1]
        if number == 1:
            return AmazonObjects(self.stores, repository["s3-bucket"])
        return GoogleObjects(self.stores, repository["gcs-bucket"])

    def _stand_ins(self) -> None:
        """Who may do what in the clouds, and what operators have put into the secrets."""
        repositories = self.document["identity"]["repositories"]
        passphrases = {str(entry["cipherSecret"]): secrets.token_urlsafe(48) for entry in repositories}
        self.amazon = Access(self.capture)
        self.google = GoogleAccess(self.capture, self.amazon, passphrases)
        self.services = as_registered(self.amazon, self.capture, passphrases)
        self.google_storage = GoogleStorage(self.google.may_use)
        for cloud in self.clouds.values():
            if isinstance(cloud, AmazonCloud):
                self.amazon.admit(cloud.role, KEY_ID, TOKEN, time.time() + A_DAY)
            else:
                self.google.admit(TOKEN, f"serviceAccount:{cloud.account.email}", time.time() + A_DAY)

    def _names(self) -> dict[str, str]:
        vault = self.document["pgbackrest"]["repositories"][0]["s3-bucket"]
        at_s3 = ("s3.amazonaws.com", f"{vault}.{S3_HOST}", f"{self._machine_store()}.{S3_HOST}", S3_HOST)
        elsewhere = (
            "monitoring.googleapis.com",
            "sts.googleapis.com",
            "secretmanager.googleapis.com",
            "sts.amazonaws.com",
        )
        regional = [f"{service}.{REGION}.amazonaws.com" for service in ("monitoring", "secretsmanager", "ssm", "sts")]
        return {
            **common_names(),
            **dict.fromkeys(at_s3, S3),
            "storage.googleapis.com": GCS,
            **dict.fromkeys((*elsewhere, *regional), GATEWAY),
        }

    def _machine_store(self) -> str:
        return document_address(self.clouds[DatabaseHost.B]).split("/")[2]

    def _serve(self) -> None:
        serve_addresses(self.network, self._address_of)
        serve(self.network, METADATA, 80, lambda request: self._cloud(request).metadata(request))
        serve(self.network, GATEWAY, 80, mirror)
        own = ("s3.amazonaws.com", f"{self._machine_store()}.{S3_HOST}")
        self.stores = start_stores(
            self.network,
            self.folder,
            self.capture,
            self.amazon,
            self.google_storage,
            stand_ins=self._answer,
            others=own,
        )
        self.stores.make_vault(self.document["pgbackrest"]["repositories"][0]["s3-bucket"])

    def _address_of(self, card: str) -> str | None:
        return next((host.seat.private for host in self.hosts.values() if host.network_card() == card), None)

    def _cloud(self, request: Request) -> CloudStandIn:
        """The cloud of whoever asks."""
        return next(self.clouds[host] for host, seat in self.seats.items() if seat.private == request.client)

    def _answer(self, request: Request) -> Reply:
        """Everything but the vault on S3."""
        if request.host == "storage.googleapis.com" and f"/b/{self._machine_store()}/" not in request.path:
            return self.google_storage.answer(request)
        answers: dict[str, Answer] = {
            "sts.amazonaws.com": self.amazon.token_service,
            f"sts.{REGION}.amazonaws.com": self.amazon.token_service,
            f"ssm.{REGION}.amazonaws.com": self.services.answer,
            f"secretsmanager.{REGION}.amazonaws.com": self.services.answer,
            "sts.googleapis.com": self.google.token_service,
            "secretmanager.googleapis.com": self.google.secret_manager,
            **dict.fromkeys((image_folder() / MIRROR_NAMES).read_text().split(), mirror),
        }
        return answers.get(request.host, lambda request: self._cloud(request).service(request))(request)


def _settings(cloud: CloudStandIn) -> Any:
    """The part of the machine document that is the pair's."""
    return json.loads(cloud.bucket.objects[document_address(cloud)])["settings"]


def _public(peer: Any) -> str:
    """The public address of a host, as its peer is told it."""
    return str(peer["identity"]["peerEndpoint"]).partition(":")[0]


def main() -> None:
    """Boots the pair, says how to enter it, and takes it away at Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with PairLab() as lab:
        for host in lab.hosts.values():
            print(f"{host.name}: {' '.join(host.entrance())} bash", flush=True)
        try:
            lab.wait_converged()
            print("Both hosts have converged. Ctrl-C takes the pair away.", flush=True)
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
