"""The runner fleet: its section of the stack file, its rules, and what its managers are told."""
