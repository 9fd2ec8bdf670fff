"""Both hosts of the pair and their stores in one network, from what is registered for staging."""

from collections.abc import Mapping
from typing import Any

from lab.clouds.objects import AmazonObjects, GoogleObjects, Objects
from lab.clouds.stores import GCS, S3
from lab.lab import Lab
from lab.machines.lab_machine import LabMachine
from lab.network.faults import Outage
from settings.database_pair.section import DatabaseHost
from tests.support import estate, variant


class PairLab(Lab):
    """A lab of the two hosts, with the faults that the drills make."""

    def __init__(self, changes: Mapping[str, object] | None = None, *, data: str = "3g") -> None:
        """`changes` are settings of staging by dotted path; `data` is the size of each data disk."""
        capture = variant("staging", changes) if changes else estate("staging")
        super().__init__(capture, list(DatabaseHost), data=data)

    @property
    def a(self) -> LabMachine:
        """On Google Cloud."""
        return self.machine(DatabaseHost.A)

    @property
    def b(self) -> LabMachine:
        """On AWS."""
        return self.machine(DatabaseHost.B)

    @property
    def settings(self) -> Any:
        """Of pg-a; all but `identity` are those of pg-b too."""
        return self.a.document["settings"]

    def cut_link(self) -> None:
        """From now on nothing passes between the hosts; the stores and metadata services stay in reach."""
        self.faults.link_cut = True
        self.faults.apply()

    def mend_link(self) -> None:
        """The hosts reach each other again."""
        self.faults.link_cut = False
        self.faults.apply()

    def isolate(self, host: LabMachine) -> None:
        """From now on it reaches nothing: no peer, no store, no metadata service."""
        self.faults.isolated.add(host.name)
        self.faults.apply()

    def end_isolation(self, host: LabMachine) -> None:
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
        repository = self.settings["pgbackrest"]["repositories"][number - 1]
        if number == 1:
            return AmazonObjects(self.stores, repository["s3-bucket"])
        return GoogleObjects(self.stores, repository["gcs-bucket"])
