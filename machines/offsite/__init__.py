"""Backups into the vault of the other cloud: gives restic an identity and a key, and notes what went well."""
