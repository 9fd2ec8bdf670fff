"""Reach: answers that were written by hand from the providers' pages, whole graphs, and mutations."""
