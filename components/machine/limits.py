"""When a machine is in trouble, and when its disk is copied; the same on both clouds."""

from settings.machine.section import MachineSize

DISK_USED_RATIO = 0.85
"""Used part of a file system. A database that runs into a full disk stops, and growing a disk takes hours of notice."""

CONVERGE_AGE_SECONDS = 2 * 3600
"""Converge runs every 15 minutes; eight failures in a row are no passing fault of a mirror."""

SILENT_SECONDS = 15 * 60
"""Metrics come once a minute. A machine that says nothing is treated as one in trouble."""

DOWN_SECONDS = 10 * 60
"""A reboot or a live migration takes less."""


def snapshot_hour(size: MachineSize) -> str:
    """Full hour, UTC, before maintenance may begin, so that there is always a snapshot to go back to."""
    return f"{(int(size.maintenance_window.start[:2]) - 1) % 24:02d}:00"
