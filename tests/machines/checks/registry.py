"""Every check over what lies on machines: a function from the folder `machines` to faults, each one line."""

from collections.abc import Callable, Iterator, Mapping

from tests.machines.checks import commands, firewall, folders, metadata, postgres, programs, secrets, units, values
from tests.machines.checks.machines import Machines

Check = Callable[[Machines], Iterator[str]]

CHECKS: Mapping[str, Check] = {
    f"{check.__module__.rpartition('.')[2]}.{check.__name__}": check
    for check in (
        *(secrets.modes, secrets.secret_places, secrets.secret_values, secrets.made_keys, secrets.unit_folders),
        secrets.authority,
        *(units.known_keys, units.long_running, units.timers, units.time_limits, units.started, units.hardening),
        *(units.reloads, units.often_enough),
        *(commands.downloads, commands.shells, commands.failures, commands.taken_in, commands.services),
        *(values.ssh, values.superusers, values.kernel, values.upgrades, values.journal_and_clock, values.exporter),
        values.first_boot,
        *(postgres.parameters, postgres.peers, postgres.names, postgres.guard, postgres.archive),
        *(programs.limits, programs.modes),
        *(firewall.verdicts, firewall.openings, metadata.askers, metadata.named),
        *(folders.written, folders.commands, folders.programs, folders.constants),
    )
}
"""By the name of their file and their own."""
