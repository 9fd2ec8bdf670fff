"""What every program on a machine shares. It runs on the standard library and on fetch.py, and knows no program."""
