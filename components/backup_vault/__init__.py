"""The backup vault: where backups go that must outlive the estate, and who may write, read and delete there."""

from components.backup_vault.vault import DATABASE_PREFIX, BackupVault, BackupVaultArgs
from settings.offsite import OffsitePlace

__all__ = ["DATABASE_PREFIX", "BackupVault", "BackupVaultArgs", "OffsitePlace"]
