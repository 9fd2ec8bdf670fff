"""Grants that no machine of the lab ever used, each with a reason why it stays."""
