"""Drills: a real database pair in system containers, broken on purpose, one fault after another."""
