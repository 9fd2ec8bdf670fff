"""How short anything may be kept in production."""

from collections.abc import Iterator

from settings.faults import Fault, Path
from settings.stack import Settings
from settings.vocabulary import FEWEST_KEPT_DAYS, FEWEST_LOCK_DAYS


def production_keeps_what_it_may_need(settings: Settings) -> Iterator[Fault]:
    """What brings data back has to be there until somebody has seen that they are gone."""
    if not settings.is_production:
        return
    for path, days, fewest in _kept(settings):
        if days < fewest:
            yield Fault(path, f"{days} is too short for production", f"{path[-1]}: {fewest}, or more")


def _kept(settings: Settings) -> Iterator[tuple[Path, int, int]]:
    """Place, days and the fewest of them."""
    if (vault := settings.backup_vault) is not None:
        yield ("backupVault", "s3", "lockDays"), vault.s3.lock_days, FEWEST_LOCK_DAYS
        yield ("backupVault", "gcs", "noncurrentDays"), vault.gcs.noncurrent_days, FEWEST_KEPT_DAYS
    if (server := settings.package_server) is not None:
        yield ("packageServer", "storage", "noncurrentDays"), server.storage.noncurrent_days, FEWEST_KEPT_DAYS
    if (instance := settings.dev_instance) is not None:
        kept = instance.object_storage.noncurrent_days
        yield ("devInstance", "objectStorage", "noncurrentDays"), kept, FEWEST_KEPT_DAYS
        yield ("devInstance", "backup", "keepDays"), instance.backup.keep_days, FEWEST_KEPT_DAYS
    for path, days in _snapshots(settings):
        yield (*path, "snapshotRetentionDays"), days, FEWEST_KEPT_DAYS


def _snapshots(settings: Settings) -> Iterator[tuple[Path, int]]:
    if (server := settings.package_server) is not None:
        yield ("packageServer", "machine"), server.machine.snapshot_retention_days
    if (instance := settings.dev_instance) is not None:
        yield ("devInstance", "machine"), instance.machine.snapshot_retention_days
    if (pair := settings.database_pair) is not None:
        yield ("databasePair", "gcp"), pair.gcp.snapshot_retention_days
        yield ("databasePair", "aws"), pair.aws.snapshot_retention_days
    if (fleet := settings.runner_fleet) is not None:
        for section, managers in (("awsManagers", fleet.aws_managers), ("gcpManagers", fleet.gcp_managers)):
            for trust, manager in managers.in_use().items():
                yield ("runnerFleet", section, trust.value, "size"), manager.size.snapshot_retention_days
