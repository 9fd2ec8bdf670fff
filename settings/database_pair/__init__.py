"""The database pair: its section of the stack file, its rules, its alerts, and what its hosts are told."""
