"""Identities of pipelines: their section of the stack file and its rules."""
