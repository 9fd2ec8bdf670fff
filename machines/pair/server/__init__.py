"""PostgreSQL on this host and on its peer: PGDATA, service, connections, slots, WAL."""
