"""Who may do what, who becomes whom, and who reaches whom: computed from a capture, with the steps that lead there."""

from reach.step import Path, Step, told

__all__ = ["Path", "Step", "told"]
