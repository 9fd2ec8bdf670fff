"""Workloads from files, and one clear message for each that cannot be read."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.recorded import WorkloadError, read_workload

RAN = {
    "id": 1,
    "status": "success",
    "stage": "build",
    "created_at": "2026-11-02T09:00:00.000Z",
    "started_at": "2026-11-02T09:01:40.500Z",
    "finished_at": "2026-11-02T09:03:40.500Z",
    "duration": 120.0,
    "queued_duration": 40.5,
    "tag_list": ["amd64"],
    "user": {"id": 7},
}
NEVER_RAN = RAN | {"id": 2, "status": "canceled", "started_at": None, "duration": None, "queued_duration": None}


def written(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_a_job_of_gitlab_is_ready_before_its_start_by_what_it_queued(tmp_path: Path) -> None:
    later = RAN | {"started_at": "2026-11-02T11:05:00+01:00", "queued_duration": 0.0, "tag_list": []}
    path = written(tmp_path, "jobs.json", [later, RAN, NEVER_RAN])

    workload = read_workload(path)

    assert workload.begins == datetime(2026, 11, 2, 9, 1, tzinfo=UTC)
    assert [(job.start, job.stages) for job in workload.pipelines] == [(0.0, ((120.0,),)), (3840.0, ((120.0,),))]
    assert read_workload(path, tag="amd64").jobs == 1


def test_a_csv_has_a_job_on_each_line(tmp_path: Path) -> None:
    text = "job,ready,seconds\na,2026-11-02T09:30:00+00:00,240\nb,2026-11-02T09:30:15Z,60.5\n"

    workload = read_workload(written(tmp_path, "jobs.csv", text))

    assert [(job.start, job.stages) for job in workload.pipelines] == [(0.0, ((240.0,),)), (15.0, ((60.5,),))]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("jobs.yaml", "", "neither .json nor .csv"),
        ("jobs.json", "{", "jobs.json: invalid JSON"),
        ("jobs.json", {"message": "401 Unauthorized"}, "should be a valid array"),
        ("jobs.json", [RAN, {"id": 3}], "job 2: started_at: field required"),
        ("jobs.json", [RAN | {"started_at": "2026-11-02T09:00:00"}], "job 1: started_at: input should have timezone"),
        ("jobs.json", [RAN | {"duration": -1}], "job 1: duration: input should be greater than or equal to 0"),
        ("jobs.json", json.dumps([RAN]).replace("120.0", "1e999"), "duration"),
        ("jobs.json", "[" * 100_000, "jobs.json: invalid JSON"),
        ("jobs.json", [NEVER_RAN], "none of 1 jobs has run"),
        ("jobs.json", [RAN, RAN | {"started_at": "2024-01-01T00:00:00Z"}], "more than 366 days"),
        ("jobs.csv", "", "line 1 has no column ready"),
        ("jobs.csv", "ready;seconds\n", "line 1 has no column ready"),
        ("jobs.csv", "ready,seconds\n", "no jobs"),
        ("jobs.csv", "ready,seconds\n2026-11-02T09:30:00Z,240\nnoon,240\n", "line 3: ready: input should be a valid"),
        ("jobs.csv", "ready,seconds\n2026-11-02T09:30:00Z\n", "line 2: seconds: input should be a valid number"),
        ("jobs.csv", "ready,seconds\n2026-11-02T09:30:00Z,nan\n", "line 2: seconds: input should be a finite"),
    ],
)
def test_a_file_that_cannot_be_read_gets_one_line_with_its_place(
    tmp_path: Path, name: str, content: object, words: str
) -> None:
    with pytest.raises(WorkloadError) as error:
        read_workload(written(tmp_path, name, content))

    assert words in str(error.value)
    assert "HINT: " in str(error.value)
    assert "\n" not in str(error.value)


def test_bytes_that_are_no_text_and_a_file_that_is_not_there_are_told(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_bytes(b"ready,seconds\n\xff\n")

    with pytest.raises(WorkloadError, match="byte 14 is no UTF-8"):
        read_workload(tmp_path / "jobs.csv")
    with pytest.raises(WorkloadError, match="no such file"):
        read_workload(tmp_path / "missing.csv")
