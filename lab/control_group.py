"""A control group of its own for each machine, and one for the programs of each lab.

systemd in a container takes the group that it starts in for the root of all. Two that start in the same one share the
groups of their units by name, and the end of a unit on one machine kills the unit of that name on the other.
"""

from collections.abc import Sequence

from lab.scratch import empty_group, own_name, remove_group, unified_hierarchy


class ControlGroup:
    """An empty group at the root of the unified hierarchy."""

    def __init__(self, name: str) -> None:
        self.folder = unified_hierarchy() / f"{own_name()}-{name}"
        self.folder.mkdir()

    def enter(self, command: Sequence[str]) -> list[str]:
        """The command line that runs a command in it."""
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.folder / "cgroup.procs"), *command]

    def remove(self) -> None:
        """With all below it, and what is still in it: a machine outlives the program that it was booted by."""
        empty_group(self.folder)
        remove_group(self.folder)
