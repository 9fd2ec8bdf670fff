"""What exists: one folder a system, each a Pulumi component resource with frozen arguments and typed outputs."""
