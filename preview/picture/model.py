"""What a drawing of the estate shows: boxes, arrows between them, and the clouds and projects that frame them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Frame = tuple[str, ...]
"""Cloud, then project or account; empty for what lies outside the estate."""


class BoxKind(StrEnum):
    """What a box stands for, which decides its shape."""

    OUTSIDE = "outside"
    MACHINE = "machine"
    WORKERS = "workers"
    CLUSTER = "cluster"
    BUCKET = "bucket"
    DOOR = "door"
    """A load balancer, a CDN or a NAT."""


class ArrowKind(StrEnum):
    """What goes along an arrow, which decides its stroke."""

    TRAFFIC = "traffic"
    OBJECTS = "objects"
    BACKUP = "backup"
    """Objects that go into the backup vault."""


@dataclass(frozen=True)
class Box:
    """One box, or several of a family that became one since the same arrows end at them."""

    key: str
    kind: BoxKind
    frame: Frame
    title: str
    lines: tuple[str, ...]
    urns: frozenset[str]
    """Registrations that it stands for, and those that belong to them, such as addresses and accounts."""
    names: tuple[str, ...]
    """Logical names of those that it stands for."""
    trust: str = ""
    """Trust tier of workers, as their labels say it; empty for anything else."""
    stateful: bool = False
    family: str = ""
    """Boxes of one family that have the same arrows become one; empty where a box always stands alone."""


@dataclass(frozen=True)
class Arrow:
    """Who reaches whom, or whose objects go where."""

    start: str
    end: str
    kind: ArrowKind
    labels: tuple[str, ...]
    """For example "tcp 80, 443"; one line each."""
    both: bool = False
    """Whether it holds in both directions."""


@dataclass(frozen=True)
class Picture:
    """Everything that is drawn."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    order: tuple[tuple[str, str], ...]
    """Boxes that stand left and right of each other although no arrow is drawn, since words tell it."""
    notes: Mapping[Frame, str]
    """What is written beside the name of a frame, for example its networks."""
