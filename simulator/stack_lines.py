"""A scaling as the lines that go into a stack file."""

from settings.runner_fleet.section import Scaling, ScalingPolicy

INDENT = 8
"""Columns before `scaling:` in a shard of a stack file."""


def stack_lines(scaling: Scaling) -> str:
    """The lines of a shard's `scaling:`, as the stack files write them."""
    lines = ["scaling:", f"  always: {{{', '.join(_values(scaling.always))}}}"]
    if scaling.schedules:
        lines.append("  schedules:")
    for schedule in scaling.schedules:
        periods = ", ".join(f'"{period}"' for period in schedule.periods)
        entries = [f"periods: [{periods}]", f"timezone: {schedule.timezone}", *_values(schedule)]
        lines.append(f"    - {entries[0]}")
        lines.extend(f"      {entry}" for entry in entries[1:])
    return "".join(f"{' ' * INDENT}{line}\n" for line in lines)


def _values(policy: ScalingPolicy) -> list[str]:
    values = [f"idleCount: {policy.idle_count}", f"idleSeconds: {policy.idle_seconds}"]
    if policy.scale_factor:
        values += [f"scaleFactor: {policy.scale_factor}", f"scaleFactorLimit: {policy.scale_factor_limit}"]
    return [*values, f"preemptive: {str(policy.preemptive).lower()}"]
