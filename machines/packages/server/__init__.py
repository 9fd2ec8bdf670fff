"""Pulp as the program sees it: its interface, and its repositories as they are and as they ought to be."""
