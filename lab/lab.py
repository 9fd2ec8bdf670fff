"""Machines of a capture in one network with everything that their clouds offer them.

Both clouds at once: stores, secrets, parameters, identities and firewalls answer by what is registered.
"""

import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from capture import Capture
from lab.clouds.metadata import CloudStandIn
from lab.clouds.services import Services
from lab.clouds.stores import start_stores
from lab.clouds.used import UsedGrants, file_of
from lab.errors import LabError
from lab.machines import kept_root
from lab.machines.lab_machine import DataDisk, LabMachine
from lab.machines.machine import mirror
from lab.network.dhcp import serve_addresses
from lab.network.faults import Faults
from lab.network.firewall import Firewalls
from lab.network.network import BRIDGE, GATEWAY, METADATA, LabNetwork, Process
from lab.network.web import Request, serve
from lab.placement import chosen, document_of, mount_point, place_of, seats_of
from lab.registered import cloud_of, playbook_of, uploaded
from lab.scratch import scratch_folder
from lab.stand_in_values import made_for

DATA_DISK = "3g"
CONVERGED_SECONDS = 900


class Lab:
    """A context: on the way in all machines boot, on the way out everything goes."""

    def __init__(
        self,
        capture: Capture,
        machines: Sequence[str] | None = None,
        *,
        data: str = DATA_DISK,
        layers: Callable[[CloudStandIn], Sequence[Path]] = kept_root.layers_of,
    ) -> None:
        """All machines, or those of these names; `data` is the size of each data disk. Raises LabError.

        `layers` says what the root disk of a machine is laid over; `kept_root.bare_layers_of` says bare Debian.
        """
        self.capture = capture
        self.places = {name: place_of(name, capture) for name in chosen(capture, machines)}
        self.seats = seats_of(self.places.values())
        objects = uploaded(capture)
        documents = {name: document_of(place, objects) for name, place in self.places.items()}
        self.values = made_for(capture, list(documents.values()))
        self.clouds = {name: cloud_of(name, capture) for name in self.places}
        for name, cloud in self.clouds.items():
            address = self.places[name].document
            cloud.bucket.objects[address] = self.values.in_place(objects[address])
        self.services = Services(capture, self.places, self.clouds, self.values)
        self.services.rights.on_let = UsedGrants(file_of(capture.stack)).note
        self.machines: dict[str, LabMachine] = {}
        """By name."""
        self._clients: set[str] = set()
        self._layers = layers
        if layers is kept_root.layers_of:
            kept_root.prepare(self.clouds.values())
        self._kept = ExitStack()
        try:
            self._build()
            for name, document in documents.items():
                place = mount_point(document, playbook_of(document, objects))
                self._add(name, DataDisk(place, data) if place else None)
        except BaseException:
            self.close()
            raise

    def _build(self) -> None:
        self.network = LabNetwork()
        self._kept.callback(self.network.close)
        self.folder = scratch_folder("stores")
        self._kept.callback(shutil.rmtree, self.folder)
        self.faults = Faults(self.network, self.seats, Firewalls(self.capture, self.places.values(), self.seats).text())
        for seat in self.seats.values():
            self.network.add_machine(seat.private)
        serve_addresses(self.network, self._address_of)
        serve(self.network, METADATA, 80, lambda request: self._cloud(request).metadata(request))
        serve(self.network, GATEWAY, 80, mirror)
        self.stores = start_stores(
            self.network,
            self.folder,
            self.capture,
            self.services.amazon,
            self.services.google_storage,
            stand_ins=lambda request: self.services.answer(request, self._cloud(request)),
            others=self.services.hosts_beside_moto(),
        )
        self._kept.callback(self.stores.close)
        self.stores.make_buckets(self.services.machine_stores)
        self.services.fill_stores(self.stores)

    def _add(self, name: str, data_disk: DataDisk | None) -> None:
        names = self.services.names()
        cloud = self.clouds[name]
        machine = LabMachine(
            cloud, name, self.seats[name], self.network, names, data_disk=data_disk, layers=self._layers(cloud)
        )
        self.machines[name] = machine
        self._kept.callback(machine.close)

    def machine(self, name: str) -> LabMachine:
        """A machine by its name."""
        return self.machines[name]

    def __enter__(self) -> Self:
        try:
            self.faults.open_roads()
            self.boot()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def boot(self) -> None:
        """The first boot of all machines, at the same time; it goes on while they converge."""
        self.at_once(LabMachine.first_boot)

    def at_once(self, act: Callable[[LabMachine], object]) -> None:
        """Does something with all machines at the same time; raises the first error."""
        pool = ThreadPoolExecutor(len(self.machines))
        try:
            for done in [pool.submit(act, machine) for machine in self.machines.values()]:
                done.result()
        finally:
            # Nobody waits for a machine that the next step takes away.
            pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Takes everything away."""
        self._kept.close()

    def wait_converged(self, seconds: float = CONVERGED_SECONDS) -> None:
        """Waits until converge has ended well on all machines."""
        until = time.monotonic() + seconds
        for machine in self.machines.values():
            machine.wait_for(machine.has_converged, max(1, until - time.monotonic()), f"{machine.name} converges")

    def start_client(self, *command: str, address: str, log: IO[bytes]) -> Process:
        """A program outside the machines, whose connections to them come from an address such as one of `appCidrs`.

        It runs on this host, in the network of the lab, and ends with the lab at the latest.
        """
        if address not in self._clients:
            self.network.add_address(address)
            self._clients.add(address)
        for seat in self.seats.values():
            self.network.ip(f"route replace {seat.private}/32 dev {BRIDGE} src {address}")
        return self.network.start(*command, log=log)

    def _address_of(self, card: str) -> str | None:
        for machine in self.machines.values():
            if machine.network_card() == card:
                return machine.seat.private
        return None

    def _cloud(self, request: Request) -> CloudStandIn:
        """The cloud of whoever asks. Raises LabError for a stranger."""
        for name, seat in self.seats.items():
            if seat.private == request.client:
                return self.clouds[name]
        raise LabError(f"{request.client} is no machine of this lab")
