"""Machines of a capture in system containers: their root file systems, their disks and their life."""
