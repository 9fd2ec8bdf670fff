"""pairctl: roles, fencing and repair of the database pair, on both of its hosts."""
