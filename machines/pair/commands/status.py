"""`pairctl status`: what is so, and what is wrong with it. It changes nothing."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator

from pair.keys import known
from pair.server import cluster
from pair.server.postgresql import Role
from pair.settings import PairSettings
from pair.succession import fence, observe
from pair.succession.observe import PairState

HEARTBEATS_MISSED = 3


def faults(state: PairState, heartbeat_seconds: int) -> Iterator[str]:
    """What a person should look at, each with its command."""
    here, there = state.here, state.there
    if here.role is Role.PRIMARY and there.role is Role.PRIMARY:
        yield "two primaries run: stop the one that the token does not name"
    if here.role is Role.AWAY:
        yield f"PostgreSQL of {state.host} does not run: pairctl rejoin, where {state.peer} is the primary"
    if here.role in (Role.PRIMARY, Role.AWAY) and state.standing is fence.Standing.OUTRANKED:
        yield f"{state.host} is outranked: pairctl rejoin"
    if here.role is Role.PRIMARY and not here.streaming:
        yield f"no standby streams: pairctl status on {state.peer}"
    if here.role is Role.PRIMARY and state.is_alone:
        yield f"commits do not wait for {state.peer}, and go on doing so until it has caught up"
    if here.role is Role.STANDBY and not here.streaming:
        yield f"{state.host} does not stream: pairctl rejoin, where {state.peer} is the primary"
    if here.role is Role.STANDBY and (here.heartbeat_age or 0) > HEARTBEATS_MISSED * heartbeat_seconds:
        yield f"the newest heartbeat is {here.heartbeat_age:.0f} s old"
    if there.role is Role.AWAY:
        yield f"{state.peer} does not answer over the link: {there.error}"
    for reading in state.readings:
        if not reading.is_readable:
            yield str(reading)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--json", action="store_true", help="for programs")


def run(options: argparse.Namespace, settings: PairSettings) -> int:
    """Returns 0 also where something is wrong: the answer was given."""
    state = observe.look(settings)
    strangers = (f"nobody has agreed to this {each}: pairctl trust" for each in known.read(settings.server).strangers)
    wrong = (*faults(state, settings.heartbeat_seconds), *strangers)
    if options.json:
        content = {
            **dataclasses.asdict(state),
            "token": dataclasses.asdict(state.token) if state.token else None,
            "standing": state.standing.value,
            "is_empty": cluster.is_empty(settings.server),
            "faults": wrong,
        }
        sys.stdout.write(f"{json.dumps(content, indent=2)}\n")
        return 0
    sys.stdout.write("".join(f"{line}\n" for line in state.lines()))
    if state.here.heartbeat_age is not None:
        sys.stdout.write(
            f"newest heartbeat: {state.here.heartbeat_age:.0f} s old, epoch {state.here.heartbeat_epoch}\n"
        )
    sys.stdout.write("".join(f"WRONG: {line}\n" for line in wrong) or "nothing is wrong\n")
    return 0
