"""Whole machines in system containers, booted from what the program registers; `make test-machines` runs them."""
