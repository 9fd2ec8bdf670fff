"""The audit trail: its section of the stack file."""
