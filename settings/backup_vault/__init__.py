"""The backup vault: its section of the stack file, its rules, and the place that a service is told."""
