"""How long jobs wait under the scaling of a shard, and what its VMs cost.

python -m simulator office --stack production
python -m simulator jobs.json --stack production --shard amd64-untrusted --tag amd64 --price 0.17
python -m simulator office --stack production --shard amd64-untrusted --recommend --p50 5 --p95 63 --plot frontier.svg
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from settings.runner_fleet.periods import known_time_zone
from simulator.fleet import Fleet, Start, fleet_of
from simulator.frontier import Named, Point, picture, point_of
from simulator.outcome import Figures, figures
from simulator.recommend import BUDGET, Recommendation, Target, recommend
from simulator.recorded import WorkloadError, read_workload
from simulator.shards import ROOT, ShardError, Shards, read_shards
from simulator.simulation import simulate
from simulator.stack_lines import stack_lines
from simulator.synthetic import SYNTHETIC
from simulator.telling import Row, as_json, figures_as_json, table
from simulator.workload import Workload

CHECKED_WITH = 1000
"""Added to the seeds that a recommendation is checked with, so that it is not told by those that it was found with."""


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Prints what was found; 0 where it could be, 1 where what was asked is wrong or no policy meets the target."""
    options = _parser().parse_args(arguments)
    try:
        shards = read_shards(options.stack, root)
        if options.recommend:
            return _recommended(options, shards)
        _simulated(options, shards)
    except (ShardError, WorkloadError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description="The fleet in simulated time.")
    parser.add_argument("workload", help=f"{', '.join(SYNTHETIC)}, or a .json of GitLab's jobs API, or a .csv")
    parser.add_argument("--stack", required=True, help="name of a stack, for example production")
    parser.add_argument("--shard", default="", help="one shard; without it, all are told")
    parser.add_argument("--tag", default=None, help="only jobs with this tag (.json)")
    parser.add_argument("--runs", type=_count, default=4, help="seeds of a generated workload (default 4)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (default 1)")
    parser.add_argument("--load", type=_amount, default=1.0, help="share of a generated workload that the shard has")
    parser.add_argument("--start-seconds", type=_amount, default=60.0, help="from request to ready (default 60)")
    parser.add_argument("--start-deviation", type=_amount, default=0.0, help="its standard deviation (default none)")
    parser.add_argument("--spot-losses", type=_amount, default=0.0, help="losses of a VM in an hour (default none)")
    parser.add_argument("--limit", type=_amount, default=None, help="seconds that are late (default: the stack's)")
    parser.add_argument("--price", type=_amount, default=None, help="of a VM hour, in any currency")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--recommend", action="store_true", help="search the cheapest scaling that meets the target")
    parser.add_argument("--p50", type=_amount, default=None, help="target: seconds that half of the jobs wait")
    parser.add_argument("--p95", type=_amount, default=None, help="target: seconds that 95 of 100 wait")
    parser.add_argument("--p99", type=_amount, default=None, help="target: seconds that 99 of 100 wait")
    parser.add_argument("--timezone", type=_time_zone, default="UTC", help="of schedules that are tried (default UTC)")
    parser.add_argument("--budget", type=_count, default=BUDGET, help=f"scalings that are drawn (default {BUDGET})")
    parser.add_argument("--plot", type=Path, default=None, help="write wait against cost as SVG")
    return parser


def _simulated(options: argparse.Namespace, shards: Shards) -> None:
    chosen = (shards.named(options.shard),) if options.shard else shards.shards
    limit = options.limit or shards.limit_seconds
    workloads = _workloads(options, options.seed)
    rows: list[Row] = []
    for shard in chosen:
        fleet = _fleet(options, shards, shard.name)
        rows.append(Row(workloads[0].name, shard.name, _figures(options, fleet, workloads, limit)))
    _write_picture(options.plot, [], rows)
    sys.stdout.write(json.dumps(as_json(rows), indent=2) + "\n" if options.json else f"{table(rows, limit)}\n")


def _recommended(options: argparse.Namespace, shards: Shards) -> int:
    if not options.shard:
        raise ShardError("--recommend is for one shard. HINT: --shard " + shards.shards[0].name)
    target = Target(options.p50, options.p95, options.p99)
    if target == Target():
        raise WorkloadError("--recommend needs a target. HINT: --p50 5 --p95 63")
    limit = options.limit or shards.limit_seconds
    fleet = _fleet(options, shards, options.shard)
    found = recommend(
        fleet,
        _workloads(options, options.seed),
        target,
        limit_seconds=limit,
        timezone=options.timezone,
        budget=options.budget,
    )
    check = _workloads(options, options.seed + CHECKED_WITH)
    best = replace(fleet, policies=found.policies)
    rows = [
        Row(check[0].name, "as it stands", _figures(options, fleet, check, limit)),
        Row(check[0].name, "recommended", _figures(options, best, check, limit)),
    ]
    _write_picture(options.plot, [point_of(tried.figures) for tried in found.tried], rows)
    met = found.best.excess == 0
    sys.stdout.write(_recommendation_as_json(found, rows) if options.json else _told(found, rows, limit))
    if not met:
        sys.stderr.write("nothing tried meets the target; this comes nearest. HINT: a faster start, or --budget\n")
    return 0 if met else 1


def _told(found: Recommendation, rows: Sequence[Row], limit: float) -> str:
    return (
        f"{table(rows, limit)}\n\n{stack_lines(found.best.choice.scaling())}\n"
        f"{found.drawn} scalings were drawn, {len(found.tried)} tried with all workloads. "
        "A generated workload's rows are of other seeds than those.\n"
    )


def _recommendation_as_json(found: Recommendation, rows: Sequence[Row]) -> str:
    document = {
        "meetsTarget": found.best.excess == 0,
        "scaling": found.best.choice.scaling().model_dump(mode="json", by_alias=True),
        "rows": as_json(rows),
        "tried": [{"scaling": asdict(tried.choice), **figures_as_json(tried.figures)} for tried in found.tried],
    }
    return json.dumps(document, indent=2) + "\n"


def _workloads(options: argparse.Namespace, seed: int) -> list[Workload]:
    generator = SYNTHETIC.get(options.workload)
    if generator is None:
        return [read_workload(Path(options.workload), tag=options.tag)]
    return [generator(seed + run, load=options.load) for run in range(options.runs)]


def _fleet(options: argparse.Namespace, shards: Shards, name: str) -> Fleet:
    start = Start(options.start_seconds, options.start_deviation)
    return fleet_of(
        shards.named(name),
        check_interval=shards.check_interval,
        start=start,
        spot_losses_per_hour=options.spot_losses,
    )


def _figures(options: argparse.Namespace, fleet: Fleet, workloads: Sequence[Workload], limit: float) -> Figures:
    runs = [simulate(fleet, workload, options.seed + run) for run, workload in enumerate(workloads)]
    return figures(runs, limit_seconds=limit, price=options.price)


def _write_picture(path: Path | None, tried: Sequence[Point], rows: Sequence[Row]) -> None:
    if path is None:
        return
    named = [Named(row.policy, point_of(row.figures)) for row in rows]
    try:
        path.write_text(picture(f"Wait and cost, {rows[0].workload}", tried, named), encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        raise WorkloadError(f"--plot {path}: {reason}. HINT: a file in a folder that is there") from None


def _amount(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no amount. HINT: 60")
    return value


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no count. HINT: 4")
    return int(text)


def _time_zone(text: str) -> str:
    try:
        return known_time_zone(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
