"""The public zone: its section of the stack file."""
