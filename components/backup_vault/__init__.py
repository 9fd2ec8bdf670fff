"""The backup vault: where backups go that must outlive the estate, and who may write, read and delete there."""

from components.backup_vault.s3_vault import bucket_arn
from components.backup_vault.vault import DATABASE_PREFIX, BackupVault, BackupVaultArgs
from settings.backup_vault.offsite import OffsitePlace

__all__ = [
    "DATABASE_PREFIX",
    "BackupVault",
    "BackupVaultArgs",
    "OffsitePlace",
    "bucket_arn",
]
