"""Rules between the backup vault and the rest of a stack file."""

from collections.abc import Iterator

from settings.backup_vault.section import LockMode
from settings.faults import Fault, disagreement
from settings.stack import Settings


def production_backups_cannot_be_deleted(settings: Settings) -> Iterator[Fault]:
    """A lock that somebody can lift is no defence against whoever stole that somebody's rights."""
    vault = settings.backup_vault
    if settings.is_production and vault is not None and vault.s3.lock_mode is not LockMode.COMPLIANCE:
        yield Fault(
            ("backupVault", "s3", "lockMode"), "production must be locked in COMPLIANCE mode", "lockMode: COMPLIANCE"
        )


def backup_operator_is_of_this_account(settings: Settings) -> Iterator[Fault]:
    """A role of another account (that of the other stack, by copying) would hold production's backups."""
    vault = settings.backup_vault
    if vault is not None and vault.operator_role_arn.split(":")[4] != settings.aws.account_id:
        yield disagreement(
            ("backupVault", "operatorRoleArn"),
            ("aws", "accountId"),
            f"the role is of account {vault.operator_role_arn.split(':')[4]}, the stack of {settings.aws.account_id}",
        )


def outside_services_leave_our_prefixes_alone(settings: Settings) -> Iterator[Fault]:
    """An outside service with a name of the estate's own would write among its backups."""
    vault = settings.backup_vault
    for index, service in enumerate(vault.outside_services if vault else ()):
        if service.name in OWN_PREFIXES:
            yield Fault(
                ("backupVault", "outsideServices", index, "name"),
                f"{service.name} is the prefix of the estate's own backups",
                "a name that the estate does not use itself",
            )


OWN_PREFIXES = ("pgbackrest", "dev-instance", "dev-instance-etc", "packages")
"""Prefixes of the database pair and of the systems of the estate."""

BACKUP_VAULT_RULES = (
    production_backups_cannot_be_deleted,
    backup_operator_is_of_this_account,
    outside_services_leave_our_prefixes_alone,
)
