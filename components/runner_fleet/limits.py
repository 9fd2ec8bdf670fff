"""When the fleet is in trouble; the same on both clouds."""

CONTACT_AGE_SECONDS = 5 * 60
"""A manager asks GitLab every few seconds, and a long poll ends after 50 s."""

SILENT_SECONDS = 10 * 60
"""A restart of the service takes less."""

FULL_SECONDS = 30 * 60
"""A burst of one pipeline passes sooner."""

STARVED_SECONDS = 20 * 60
"""Longer than instance_acquire_timeout, after which jobs begin to fail."""

AGE_GRACE_SECONDS = 3600
"""How long past its age limit a worker may be seen before someone is told that the limit does not work."""

LONG_POLL_LINE = "Long polling issues detected"
"""What GitLab Runner logs when open requests of some entries keep others from their jobs."""

LONG_POLL_ADVICE = "Open requests of some shards delay jobs of others: raise concurrency of the shard with the fewest."
"""What to do about it."""
