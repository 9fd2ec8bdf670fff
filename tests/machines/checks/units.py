"""Units as they lie on a machine: they come back, they end, they are started, and systemd knows their keys."""

import configparser
import re
from collections.abc import Iterator, Mapping

from components.machine.limits import CONVERGE_AGE_SECONDS
from tests.machines.checks.machines import SYSTEMD, Machines, evaluated, rounds

KEYS = {
    "Unit": {
        *("Description", "Documentation", "Wants", "After", "RequiresMountsFor", "ConditionPathExists"),
        *("StartLimitIntervalSec", "StartLimitBurst"),
    },
    "Service": {
        *("Type", "ExecStart", "ExecStartPre", "ExecStop", "Restart", "RestartSec", "TimeoutStartSec", "Environment"),
        *("RuntimeDirectory", "RuntimeDirectoryMode", "CacheDirectory", "CacheDirectoryMode", "ReadWritePaths"),
        *("Nice", "IOSchedulingPriority", "OOMScoreAdjust", "User", "SupplementaryGroups", "RemainAfterExit"),
        *("ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectSystem", "NoNewPrivileges", "ProtectKernelTunables"),
        *("ProtectKernelModules", "ProtectKernelLogs", "ProtectControlGroups", "ProtectClock", "ProtectHostname"),
        *("ProtectProc", "LockPersonality", "MemoryDenyWriteExecute", "UMask", "CapabilityBoundingSet"),
        *("RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "RestrictAddressFamilies"),
        *("SystemCallArchitectures", "SystemCallFilter", "SystemCallErrorNumber"),
    },
    "Timer": {
        *("OnActiveSec", "OnUnitActiveSec", "OnUnitInactiveSec", "OnCalendar", "Persistent"),
        *("RandomizedDelaySec", "AccuracySec"),
    },
    "Install": {"WantedBy"},
}
"""Keys in use; systemd passes over a misspelt one with a warning that nobody sees."""

OF_DEBIAN = {"network-online.target", "network.target", "postgresql@17-main.service", "wg-quick@packyard.service"}
"""Units that ours name and that packages bring."""

TARGETS = {".timer": "timers.target", ".service": "multi-user.target"}

FREQUENT = re.compile(r"minutely|hourly|\*:.*")
"""Calendars whose next time is near, so that a missed one is no loss."""

GIVEN_UP = {
    *("NoNewPrivileges", "PrivateDevices", "PrivateTmp", "ProtectClock", "ProtectControlGroups", "ProtectHome"),
    *("ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "ProtectSystem"),
    *("CapabilityBoundingSet", "LockPersonality", "ProtectProc", "RestrictAddressFamilies", "RestrictNamespaces"),
    *("RestrictRealtime", "RestrictSUIDSGID", "SystemCallArchitectures", "SystemCallFilter"),
}
"""What a service gives up, each key with a value that gives it up or names the little that stays."""

NEEDS_MORE: Mapping[str, tuple[frozenset[str], str]] = {
    "packyard-converge": (frozenset(), "it installs packages and configures the whole machine"),
    "offsite-check": (
        frozenset({"NoNewPrivileges", "PrivateTmp", "ProtectSystem"}),
        "restic reads what belongs to anybody, and is on no machine yet",
    ),
    "offsite-backup": (
        frozenset({"NoNewPrivileges", "PrivateTmp"}),
        "a service says what runs before its backup, and no machine has one yet",
    ),
}
"""By the beginning of a name: all that such a service gives up, and why no more."""


TOKEN_SECONDS = 3600
"""Life of the tokens of either cloud."""

LONGEST: Mapping[str, int] = {
    "packyard-converge.timer": CONVERGE_AGE_SECONDS // 4,
    "pair-secrets.timer": TOKEN_SECONDS // 2,
}
"""Seconds between two runs."""


class Unit(configparser.RawConfigParser):
    """A unit; of a key that is there twice the last counts, as for systemd."""

    def __init__(self, text: str) -> None:
        super().__init__(strict=False, interpolation=None, default_section="")
        self.read_string(text)

    def optionxform(self, optionstr: str) -> str:
        """Keys of systemd have capitals."""
        return optionstr

    def of(self, section: str, key: str) -> str:
        """A value; empty for none."""
        return self.get(section, key, fallback="")


def units(machines: Machines) -> dict[str, Unit]:
    """Services and timers by name."""
    found = {**machines.texts(".service"), **machines.texts(".timer")}
    return {path.removeprefix(SYSTEMD): Unit(text) for path, text in found.items() if path.startswith(SYSTEMD)}


def known_keys(machines: Machines) -> Iterator[str]:
    """No key that systemd would pass over, and no unit named that is not there."""
    every = units(machines)
    for name, unit in (*every.items(), *_drop_ins(machines)):
        for section in unit.sections():
            for key in sorted(set(unit[section]) - KEYS.get(section, set())):
                yield f"{name}: {key} in [{section}] is in use nowhere. HINT: man systemd.directives, then KEYS here"
        for key in ("After", "Wants"):
            for other in unit.of("Unit", key).split():
                if other not in every and other not in OF_DEBIAN:
                    yield f"{name}: {key} names {other}, which is not there"


def _drop_ins(machines: Machines) -> list[tuple[str, Unit]]:
    texts = machines.texts(".conf").items()
    return [(path, Unit(text)) for path, text in texts if path.startswith(SYSTEMD)]


def long_running(machines: Machines) -> Iterator[str]:
    """What ought to run always comes back, however often it ended, and goes last when memory is short."""
    for name, unit in units(machines).items():
        if name.endswith(".service") and unit.of("Service", "Type") != "oneshot":
            wanted = {"Service Restart": "always", "Unit StartLimitIntervalSec": "0"}
            for place, value in wanted.items():
                section, key = place.split()
                if unit.of(section, key) != value:
                    yield f"{name}: it ends for good. HINT: {key}={value}"
            if int(unit.of("Service", "OOMScoreAdjust") or "0") >= 0:
                yield f"{name}: it is ended as early as any other when memory is short. HINT: OOMScoreAdjust=-900"
        if unit.of("Service", "Restart") == "on-failure" and not _tries_for_ever(name, unit, machines):
            yield f"{name}: after failures it refuses its timer too. HINT: StartLimitIntervalSec shorter than the timer"


def _tries_for_ever(name: str, unit: Unit, machines: Machines) -> bool:
    limit = seconds(unit.of("Unit", "StartLimitIntervalSec"))
    timer = units(machines).get(name.replace(".service", ".timer"))
    return limit == 0 or (timer is not None and (limit or 10) <= (seconds(timer.of("Timer", "OnUnitInactiveSec")) or 0))


def timers(machines: Machines) -> Iterator[str]:
    """A timer can be enabled, has a service, begins and repeats, and makes up for a day that was missed."""
    every = units(machines)
    for name, unit in every.items():
        suffix = name[name.rindex(".") :]
        if "Install" in unit and unit.of("Install", "WantedBy") != TARGETS[suffix]:
            yield f"{name}: it is wanted by {unit.of('Install', 'WantedBy')}. HINT: {TARGETS[suffix]}"
        if suffix != ".timer":
            continue
        if "Install" not in unit:
            yield f"{name}: it cannot be enabled, so a reboot ends it. HINT: [Install] WantedBy=timers.target"
        if name.replace(".timer", ".service") not in every:
            yield f"{name}: there is no service of that name"
        calendar = unit.of("Timer", "OnCalendar")
        if not calendar and not (_begins(unit) and _repeats(unit)):
            yield f"{name}: it fires once or never. HINT: OnActiveSec with OnUnitInactiveSec, or OnCalendar"
        if calendar and not FREQUENT.fullmatch(calendar) and unit.of("Timer", "Persistent") != "true":
            yield f"{name}: a time that was missed is not made up for. HINT: Persistent=true"


def _begins(unit: Unit) -> bool:
    return bool(unit.of("Timer", "OnActiveSec"))


def _repeats(unit: Unit) -> bool:
    return bool(unit.of("Timer", "OnUnitActiveSec") or unit.of("Timer", "OnUnitInactiveSec"))


def time_limits(machines: Machines) -> Iterator[str]:
    """What a timer starts ends: one that hangs is never started again, and nobody is told."""
    every = units(machines)
    for name, unit in every.items():
        if name.endswith(".service") and name.replace(".service", ".timer") in every:
            if unit.of("Service", "Type") != "oneshot":
                yield f"{name}: a timer starts it, so it is a job. HINT: Type=oneshot"
            if not seconds(unit.of("Service", "TimeoutStartSec")):
                yield f"{name}: a run may hang for ever, and the timer waits for it. HINT: TimeoutStartSec"


def started(machines: Machines) -> Iterator[str]:
    """Every timer is enabled and started by the role that brings it, and every service with [Install] is enabled."""
    enabled, running = set[str](), set[str]()
    for role in machines.roles():
        for render in machines.renderers(role):
            for task in role.tasks():
                arguments = task.get("ansible.builtin.systemd_service", {})
                if arguments.get("enabled") is not True:
                    continue
                for more in rounds(render, task):
                    name = str(evaluated(render, arguments["name"], more))
                    enabled |= {name}
                    running |= {name} if arguments.get("state") == "started" else set()
    every = units(machines)
    for name in sorted(enabled & set(every)):
        if "Install" not in every[name]:
            yield f"{name}: it cannot be enabled, so a reboot ends it. HINT: [Install]"
    for name, unit in every.items():
        if name.endswith(".timer") and name not in running:
            yield f"{name}: no task starts it. HINT: systemd_service with state: started"
        elif "Install" in unit and name not in enabled:
            yield f"{name}: no task enables it, so it is not there after a reboot. HINT: enabled: true"


def often_enough(machines: Machines) -> Iterator[str]:
    """Converge runs several times before its alarm rings, and tokens are renewed well before they end."""
    every = units(machines)
    for name, longest in LONGEST.items():
        wait = seconds(every[name].of("Timer", "OnUnitInactiveSec")) if name in every else 0
        if wait is None or wait > longest:
            yield f"{name}: it comes too late. HINT: at most {longest} seconds between two runs"


def hardening(machines: Machines) -> Iterator[str]:
    """A service gives up what it does not need; the few that need more say why."""
    for name, unit in units(machines).items():
        if not name.endswith(".service"):
            continue
        known = [unit, *_for_names_like(name, machines)]
        given_up = {key for key in GIVEN_UP for each in known if each.of("Service", key) not in ("", "no", "false")}
        given_up |= {"CapabilityBoundingSet" for each in known if "CapabilityBoundingSet" in each["Service"]}
        wanted = next((few for start, (few, _) in NEEDS_MORE.items() if name.startswith(start)), GIVEN_UP)
        if not wanted <= given_up:
            yield f"{name}: it may more than it needs. HINT: {', '.join(sorted(wanted - given_up))}"


def _for_names_like(name: str, machines: Machines) -> Iterator[Unit]:
    """Drop-ins of all services whose name begins alike: systemd reads pair-.service.d for pair-watch.service."""
    for path, unit in _drop_ins(machines):
        folder = path.removeprefix(SYSTEMD).partition("/")[0]
        if folder.endswith("-.service.d") and name.startswith(folder.removesuffix(".service.d")):
            yield unit


def reloads(machines: Machines) -> Iterator[str]:
    """A changed unit is told to systemd: by a handler, or by a task of its own."""
    for written in machines.written():
        if (
            written.path.startswith(SYSTEMD)
            and written.module in ("copy", "template")
            and not written.task.get("notify")
        ):
            yield f"{written.place}: systemd goes on with the old unit. HINT: notify a handler with daemon_reload"


def seconds(text: str) -> int | None:
    """A span of systemd in seconds; None for none, and for one without an end."""
    found = re.fullmatch(r"(\d+)\s*(s|sec|min|h|d|w|week)?", text)
    factors = {"min": 60, "h": 3600, "d": 86400, "w": 604800, "week": 604800}
    return int(found[1]) * factors.get(found[2] or "s", 1) if found else None
