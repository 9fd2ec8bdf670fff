"""A control group of its own for each machine, and one for the programs of each lab.

systemd in a container takes the group that it starts in for the root of all. Two that start in the same one share the
groups of their units by name, and the end of a unit on one machine kills the unit of that name on the other.
"""

from collections.abc import Sequence

from lab.scratch import own_name, remove_group, unified_hierarchy, wait_until_empty


class ControlGroup:
    """An empty group at the root of the unified hierarchy."""

    def __init__(self, name: str) -> None:
        self.folder = unified_hierarchy() / f"{own_name()}-{name}"
        self.folder.mkdir()

    def enter(self, command: Sequence[str]) -> list[str]:
        """The command line that runs a command in it."""
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.folder / "cgroup.procs"), *command]

    def remove(self) -> None:
        """With all groups below it, as soon as the last process is gone."""
        wait_until_empty(self.folder)
        remove_group(self.folder)
