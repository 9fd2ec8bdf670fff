"""The link between the clouds: its section of the stack file and its rules."""
