"""Rules between the dev instance and the rest of a stack file."""

from collections.abc import Iterator

from settings.faults import Fault, Path, disagreement
from settings.machine.week import every_day, jobs_begin_outside, minute_of_day
from settings.stack import Settings


def dev_instance_names_lie_in_the_zone(settings: Settings) -> Iterator[Fault]:
    """A name outside of the public zone would get no record, so no certificate either."""
    instance = settings.dev_instance
    if instance is None:
        return
    names: list[tuple[Path, str]] = [(("devInstance", "hostName"), instance.host_name)]
    if instance.pages_domain is not None:
        names.append((("devInstance", "pagesDomain"), instance.pages_domain))
    for path, name in names:
        if not name.endswith(f".{settings.dns.domain}"):
            yield disagreement(path, ("dns", "domain"), f"{name} is not in the zone {settings.dns.domain}")


def dev_instance_pages_have_a_name_of_their_own(settings: Settings) -> Iterator[Fault]:
    """Pages run anybody's scripts: at or above the instance's name they could take its cookies."""
    instance = settings.dev_instance
    if instance is None or instance.pages_domain is None:
        return
    host, pages = instance.host_name, instance.pages_domain
    if host == pages or host.endswith(f".{pages}") or pages.endswith(f".{host}"):
        yield disagreement(
            ("devInstance", "pagesDomain"), ("devInstance", "hostName"), f"{pages} shares cookies with {host}"
        )


def dev_instance_backs_up_off_site(settings: Settings) -> Iterator[Fault]:
    """Its buckets lie in the project of the machine; whoever deletes one can delete the other."""
    if settings.dev_instance is not None and settings.backup_vault is None:
        yield Fault(("devInstance",), "there is no backup vault for its backups", "a backupVault section")


def dev_instance_backs_up_before_it_upgrades(settings: Settings) -> Iterator[Fault]:
    """A backup during the upgrade catches a half-migrated database."""
    instance = settings.dev_instance
    if instance is None:
        return
    backup, upgrade = minute_of_day(instance.backup.time), minute_of_day(instance.nightly_upgrade.time)
    if not upgrade - backup >= SHORTEST_LEAD_MINUTES:
        yield disagreement(
            ("devInstance", "backup", "time"),
            ("devInstance", "nightlyUpgrade", "time"),
            f"{instance.backup.time} is less than {SHORTEST_LEAD_MINUTES} minutes before the upgrade at "
            f"{instance.nightly_upgrade.time}",
            fits="a time on the same day, well before the upgrade",
        )


def dev_instance_jobs_begin_outside_the_window(settings: Settings) -> Iterator[Fault]:
    """A backup that is interrupted fails in the night, and an upgrade holds the package."""
    instance = settings.dev_instance
    if instance is None:
        return
    jobs: dict[Path, tuple[int, ...]] = {
        ("devInstance", "backup", "time"): every_day(instance.backup.time),
        ("devInstance", "nightlyUpgrade", "time"): every_day(instance.nightly_upgrade.time),
    }
    yield from jobs_begin_outside(
        instance.machine.maintenance_window, ("devInstance", "machine", "maintenanceWindow"), "the dev instance", jobs
    )


SHORTEST_LEAD_MINUTES = 60
"""Room for a backup of an instance of this size to end."""


DEV_INSTANCE_RULES = (
    dev_instance_names_lie_in_the_zone,
    dev_instance_pages_have_a_name_of_their_own,
    dev_instance_backs_up_off_site,
    dev_instance_backs_up_before_it_upgrades,
    dev_instance_jobs_begin_outside_the_window,
)
