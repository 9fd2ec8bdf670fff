"""The dev instance: its section of the stack file, its rules, and what its machine is told."""
