"""Who may do what, who becomes whom, and who reaches whom: computed from a capture, with the steps that lead there."""

from interrupt import end_in_one_line
from reach.step import Path, Step, told

end_in_one_line()

__all__ = ["Path", "Step", "told"]
