"""The program: configuration in, providers made, every system built once."""
