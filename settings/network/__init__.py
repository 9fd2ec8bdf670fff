"""Networks of both clouds: their section of the stack file."""
