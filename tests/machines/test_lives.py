"""How lives are told: each machine's own fault ends its own life, and of one role one machine at a time goes down."""

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Self

import pytest

from lab.errors import LabError
from tests.machines.booted import lives
from tests.machines.booted.lives import Lives, lived
from tests.support import estate

QUIET = "PLAY RECAP localhost : ok=9 changed=0 failed=0 "


class Machine:
    """Converges at once, and says so."""

    down: frozenset[str] = frozenset()
    """Names of the machines that are down now."""
    lock = threading.Lock()

    def __init__(self, name: str, role: str) -> None:
        self.name, self.role = name, role
        self.converges, self.said, self.files = True, QUIET, "0 /etc/hosts"
        self.after_reboot = self.files
        self.runs = 1
        self.met: set[str] = set()
        self.cloud = SimpleNamespace(bucket=SimpleNamespace(refused=[]))

    def has_converged(self) -> bool:
        return self.converges

    def wait_for(self, what: Callable[[], bool], _: float, promise: str) -> None:
        if not what():
            raise LabError(promise)

    def run(self, *_: str, check: bool = True) -> str:  # noqa: ARG002 -- as a machine's
        return ""

    def converge(self) -> bool:
        self.runs += 1
        return True

    def words(self) -> str:
        return self.said

    def fingerprint(self) -> str:
        return self.files

    def metric(self, name: str) -> float:
        return self.runs if name == "timestamp_seconds" else 1

    def reboot(self, _: float) -> None:
        with Machine.lock:
            Machine.down |= {self.name}
        time.sleep(0.05)
        with Machine.lock:
            self.met |= Machine.down - {self.name}
            Machine.down -= {self.name}
        self.files = self.after_reboot
        self.runs += 1


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> dict[str, Machine]:
    """Two of one role and one of another, in a lab that boots nothing."""
    made = {name: Machine(name, role) for name, role in {"a": "pair", "b": "pair", "c": "alone"}.items()}

    class Lab:
        def __init__(self, *_: object, **__: object) -> None:
            self.machines = made

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            """Takes nothing away."""

    monkeypatch.setattr(lives, "Lab", Lab)
    return made


def all_lived(machines: dict[str, Any]) -> Lives:
    return lived(estate("staging"), list(machines))


def test_a_machine_that_does_not_converge_ends_its_own_life_alone(machines: dict[str, Machine]) -> None:
    machines["a"].converges = False

    told = all_lived(machines).by_name

    with pytest.raises(AssertionError, match="converge: it converges"):
        told["a"].be_sound()
    assert told["a"].second_run == ""
    for name in ("b", "c"):
        told[name].be_sound()
        assert told[name].second_run == QUIET
        assert told[name].reported_after_reboot


def test_a_file_that_differs_after_a_reboot_is_named(machines: dict[str, Machine]) -> None:
    machines["c"].after_reboot = "1 /etc/hosts"

    told = all_lived(machines).by_name

    assert (told["c"].changed_by_reboot, told["a"].changed_by_reboot) == ("/etc/hosts", "")


def test_of_one_role_one_machine_at_a_time_goes_down(machines: dict[str, Machine]) -> None:
    all_lived(machines)

    assert "b" not in machines["a"].met
    assert "a" not in machines["b"].met
