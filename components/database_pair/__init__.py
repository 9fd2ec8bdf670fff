"""The database pair: PostgreSQL on two clouds, either of which can be the primary."""

from components.database_pair.pair import DatabasePair, DatabasePairArgs

__all__ = ["DatabasePair", "DatabasePairArgs"]
