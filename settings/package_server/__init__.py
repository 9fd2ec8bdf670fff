"""The package server: its section of the stack file, its rules, and what its machine is told."""
