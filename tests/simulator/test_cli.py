"""`make simulate`, from the command line to what it prints."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from settings.runner_fleet.section import Scaling
from simulator.__main__ import main
from simulator.frontier import frontier
from simulator.shards import read_shards
from tests.support import STACK_FILES, STACKS

LIGHT = ["--runs", "1", "--load", "0.2"]


def run(*arguments: str) -> int:
    return main(arguments, STACK_FILES)


@pytest.mark.parametrize("stack", STACKS)
def test_every_shard_of_a_stack_is_told(stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("office", "--stack", stack, *LIGHT) == 0

    told = capsys.readouterr().out
    assert all(f"  {shard.name} " in told for shard in read_shards(stack, STACK_FILES).shards)


def test_json_has_every_figure_and_a_price_gives_costs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nightly", "--stack", "staging", *LIGHT, "--price", "0.2", "--spot-losses", "0.5", "--json") == 0

    row = json.loads(capsys.readouterr().out)[0]
    assert row["jobs"] == 80 + row["lost"]
    assert row["lost"] > 0
    assert row["cost"] == pytest.approx(0.2 * row["vm_hours"])
    assert row["p50"] <= row["p95"] <= row["p99"] <= row["longest"]


def test_a_recommendation_prints_lines_that_a_stack_file_takes_and_draws_the_frontier(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shard = read_shards("production", STACK_FILES).shards[0].name
    plot = tmp_path / "frontier.svg"
    search = ["--recommend", "--p50", "62", "--budget", "25", "--plot", str(plot)]

    assert run("office", "--stack", "production", "--shard", shard, *LIGHT, *search) == 0

    told = capsys.readouterr().out
    lines = "\n".join(line for line in told.splitlines() if line.startswith("        "))
    Scaling.model_validate_json(json.dumps(yaml.safe_load(lines)["scaling"]))
    words = [text.text for text in ElementTree.parse(plot).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 -- ours
    assert {"recommended", "as it stands", "VM hours per job hour"} <= set(words)


def test_a_workload_in_which_no_job_ends_is_told_and_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--stack", "staging", "--load", "0", "--runs", "1", "--json", "--plot", str(tmp_path / "none.svg")]

    assert run("nightly", *arguments) == 0
    assert json.loads(capsys.readouterr().out)[0]["vm_hours_per_job_hour"] is None


def test_a_target_out_of_reach_is_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    search = ["--recommend", "--p99", "0.5", "--budget", "5"]

    assert run("office", "--stack", "staging", "--shard", "amd64-untrusted", *LIGHT, *search) == 1
    assert "nothing tried meets the target" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["office", "--stack", "nowhere"], "Pulumi.nowhere.yaml: no such stack. HINT: one of production, staging"),
        (["office", "--stack", "../staging"], "no such stack"),
        (["office", "--stack", "staging", "--shard", "none"], "no shard none. HINT: one of"),
        (["office", "--stack", "staging", "--recommend", "--p50", "5"], "--recommend is for one shard"),
        (["office", "--stack", "staging", "--shard", "amd64-untrusted", "--recommend"], "needs a target"),
        (["offices", "--stack", "staging"], "offices: neither .json nor .csv"),
        (["office", "--stack", "staging", *LIGHT, "--plot", "/nowhere/x.svg"], "--plot /nowhere/x.svg: no such file"),
    ],
)
def test_what_cannot_be_asked_gets_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 1

    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--runs", "0"], "'0' is no count"),
        (["--price", "nan"], "'nan' is no amount"),
        (["--timezone", "Europe/Lodnon"], "did you mean Europe/London?"),
    ],
)
def test_a_value_that_is_none_is_told_with_its_option(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run("office", "--stack", "staging", *arguments)

    said = capsys.readouterr().err
    assert f"argument {arguments[0]}: " in said
    assert words in said


def test_a_stack_file_with_a_fault_in_its_fleet_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (STACK_FILES / "Pulumi.staging.yaml").read_text(encoding="utf-8")
    (tmp_path / "Pulumi.staging.yaml").write_text(text.replace("idleCount: 0", "idleCount: many"), encoding="utf-8")
    (tmp_path / "Pulumi.broken.yaml").write_text("config: [", encoding="utf-8")

    assert main(["office", "--stack", "staging"], tmp_path) == 1
    assert "Pulumi.staging.yaml: runnerFleet has " in capsys.readouterr().err
    assert main(["office", "--stack", "broken"], tmp_path) == 1
    assert capsys.readouterr().err.startswith("Pulumi.broken.yaml: line 2: ")


def test_the_frontier_has_what_nothing_beats_in_both() -> None:
    assert frontier([(2.0, 5.0), (1.0, 60.0), (1.5, 70.0), (3.0, 5.0), (2.0, 9.0)]) == [(1.0, 60.0), (2.0, 5.0)]
