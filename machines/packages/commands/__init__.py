"""The commands of packagectl: each is a module with `add_arguments(parser)` and `run(options, settings) -> int`."""
