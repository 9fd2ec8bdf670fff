"""Rules of the database pair, among its own settings and between it and the rest of a stack file."""

import ipaddress
from collections.abc import Iterator

from settings.addresses import is_private
from settings.database_pair.document import DEBIAN_RELEASE
from settings.database_pair.section import WAL_SHARE, DatabaseHost
from settings.faults import Fault, Path, disagreement
from settings.machine.section import Weekday
from settings.machine.week import every_day, jobs_begin_outside, minute_of_week, window_span
from settings.stack import Settings
from settings.vocabulary import Trust

DAYS_BETWEEN_FULL_BACKUPS = 7


def database_hosts_can_change_places(settings: Settings) -> Iterator[Fault]:
    """Each host must hold what the other holds, and serve while the other is mended."""
    pair = settings.database_pair
    if pair is None:
        return
    if pair.gcp.wireguard_address == pair.aws.wireguard_address:
        yield disagreement(
            ("databasePair", "aws", "wireGuardAddress"),
            ("databasePair", "gcp", "wireGuardAddress"),
            f"{pair.aws.wireguard_address} is the address of both hosts",
        )
    if pair.gcp.data_disk_gib != pair.aws.data_disk_gib:
        yield disagreement(
            ("databasePair", "aws", "dataDiskGiB"),
            ("databasePair", "gcp", "dataDiskGiB"),
            f"{pair.aws.data_disk_gib} GiB on aws and {pair.gcp.data_disk_gib} GiB on gcp, for the same data",
        )
    if pair.gcp.maintenance_window.day == pair.aws.maintenance_window.day:
        yield disagreement(
            ("databasePair", "aws", "maintenanceWindow", "day"),
            ("databasePair", "gcp", "maintenanceWindow", "day"),
            f"both hosts may be interrupted on {pair.aws.maintenance_window.day}, so no fault of the first would show "
            "before the second",
        )
    elif window_span(pair.gcp.maintenance_window).overlaps(window_span(pair.aws.maintenance_window)):
        yield disagreement(
            ("databasePair", "aws", "maintenanceWindow"),
            ("databasePair", "gcp", "maintenanceWindow"),
            "both hosts may be interrupted at once: one window passes midnight into the other",
        )


def database_jobs_begin_outside_the_windows(settings: Settings) -> Iterator[Fault]:
    """A backup that is interrupted fails in the night. Each job runs on either host, as they change places."""
    pair = settings.database_pair
    if pair is None:
        return
    at: Path = ("databasePair", "schedule")
    schedule, drill = pair.schedule, pair.schedule.restore_drill
    differential = (minute_of_week(day, schedule.differential) for day in Weekday if day is not schedule.full.day)
    jobs: dict[Path, tuple[int, ...]] = {
        (*at, "full"): (minute_of_week(schedule.full.day, schedule.full.start),),
        (*at, "differential"): tuple(differential),
        (*at, "verify"): every_day(schedule.verify),
        (*at, "restoreDrill"): tuple(minute_of_week(time.day, time.start) for time in (drill, drill.next_day)),
    }
    for key, host, window in (
        ("gcp", DatabaseHost.A, pair.gcp.maintenance_window),
        ("aws", DatabaseHost.B, pair.aws.maintenance_window),
    ):
        yield from jobs_begin_outside(window, ("databasePair", key, "maintenanceWindow"), host, jobs)


def database_wal_fits_its_disk(settings: Settings) -> Iterator[Fault]:
    """Kept WAL beyond its share of the disk stops PostgreSQL before either cap acts."""
    pair = settings.database_pair
    if pair is None:
        return
    room = int(pair.gcp.data_disk_gib * WAL_SHARE)
    for key, cap in (("slotWalCapGiB", pair.slot_wal_cap_gib), ("archiveQueueCapGiB", pair.archive_queue_cap_gib)):
        if cap > room:
            yield disagreement(
                ("databasePair", key),
                ("databasePair", "gcp", "dataDiskGiB"),
                f"{cap} GiB of kept WAL is more than {WAL_SHARE:.0%} of the data disk of {pair.gcp.data_disk_gib} GiB",
                fits=f"{room} or less",
            )
    if pair.archive_queue_cap_gib <= pair.slot_wal_cap_gib:
        yield disagreement(
            ("databasePair", "archiveQueueCapGiB"),
            ("databasePair", "slotWalCapGiB"),
            f"{pair.archive_queue_cap_gib} GiB is not above slotWalCapGiB ({pair.slot_wal_cap_gib}): with standby and"
            " repositories away the archive would be dropped first, and a standby can be made anew, a gap cannot",
            fits=f"{pair.slot_wal_cap_gib + 1} or more",
        )


def database_backups_stay_locked_for_a_chain(settings: Settings) -> Iterator[Fault]:
    """A full backup that loses its lock before its chain expires can be deleted together with all that hangs on it."""
    pair, vault = settings.database_pair, settings.backup_vault
    if pair is None:
        return
    if vault is None:
        yield Fault(("databasePair",), "the pair keeps its backups in the vault, and there is none", "add backupVault")
        return
    # The oldest full goes when one more than the kept number is there, and its last differential is a week younger.
    chain = DAYS_BETWEEN_FULL_BACKUPS * (pair.kept_full_backups.s3 + 1)
    if vault.s3.lock_days < chain:
        yield disagreement(
            ("backupVault", "s3", "lockDays"),
            ("databasePair", "keptFullBackups", "s3"),
            f"{vault.s3.lock_days} days are shorter than a chain of {pair.kept_full_backups.s3} weekly full backups",
            fits=f"{chain} or more",
        )


def database_link_has_its_own_addresses(settings: Settings) -> Iterator[Fault]:
    """An address that also lies in a network would be routed there, or into the tunnel, by luck."""
    pair = settings.database_pair
    if pair is None:
        return
    for host in DatabaseHost:
        place: Path = ("databasePair", host.cloud.value, "wireGuardAddress")
        address = ipaddress.IPv4Address(pair.wireguard_address_of(host))
        if not is_private(ipaddress.IPv4Network(address)):
            yield Fault(place, f"{address} is not a private address", "an address such as 10.200.0.1")
        workers = [cidr for trust in Trust if (cidr := settings.network.gcp.of_tier(trust)) is not None]
        for network in (*_host_networks(settings), *workers):
            if address in ipaddress.IPv4Network(network):
                yield Fault(place, f"{address} lies in the network {network}", "an address outside every network")


def database_clients_are_in_a_network(settings: Settings) -> Iterator[Fault]:
    """A client range outside the estate's networks has no route to a host, and would open the port for a stranger."""
    pair = settings.database_pair
    for index, cidr in enumerate(pair.app_cidrs if pair else ()):
        networks = (ipaddress.IPv4Network(network) for network in _host_networks(settings))
        if not any(ipaddress.IPv4Network(cidr).subnet_of(network) for network in networks):
            yield Fault(
                ("databasePair", "appCidrs", index),
                f"{cidr} lies in no network that reaches a database host",
                "a part of network.gcp.testground or network.aws.cidr",
            )


def database_zone_is_of_the_vpc(settings: Settings) -> Iterator[Fault]:
    """The host needs a subnet, and there is one in each of the three zones alone."""
    pair = settings.database_pair
    if pair is not None and pair.aws.availability_zone not in settings.aws.availability_zones:
        yield disagreement(
            ("databasePair", "aws", "availabilityZone"),
            ("aws", "availabilityZones"),
            f"{pair.aws.availability_zone} is none of {', '.join(settings.aws.availability_zones)}",
        )


def database_hosts_run_one_debian(settings: Settings) -> Iterator[Fault]:
    """Another glibc sorts text another way, and the standby's indexes are then wrong in silence.

    The name of a GCE image tells its release. The id of an AMI tells nothing, so each host also compares its own
    release with its document before PostgreSQL starts.
    """
    image = settings.gcp.image.rpartition("/")[2]
    if settings.database_pair is not None and not image.startswith(f"debian-{DEBIAN_RELEASE}-"):
        yield Fault(
            ("gcp", "image"),
            f"{image} is not Debian {DEBIAN_RELEASE}, which both database hosts must run",
            f"an image such as debian-{DEBIAN_RELEASE}-trixie-v20261110",
        )


def _host_networks(settings: Settings) -> tuple[str, str]:
    return settings.network.gcp.testground, settings.network.aws.cidr


DATABASE_PAIR_RULES = (
    database_hosts_can_change_places,
    database_jobs_begin_outside_the_windows,
    database_wal_fits_its_disk,
    database_backups_stay_locked_for_a_chain,
    database_link_has_its_own_addresses,
    database_clients_are_in_a_network,
    database_zone_is_of_the_vpc,
    database_hosts_run_one_debian,
)
