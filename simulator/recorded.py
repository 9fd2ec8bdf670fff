"""Workloads that somebody had: GitLab's jobs API as JSON, or a table of jobs as CSV."""

import csv
import io
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from simulator.workload import Pipeline, Workload

Seconds = Annotated[float, Field(ge=0, le=7 * 86400, allow_inf_nan=False)]
"""Up to a week; no job of GitLab runs longer than a month, and none of a fleet longer than its VMs."""

LONGEST_DAYS = 366

CSV_COLUMNS = ("ready", "seconds")


class WorkloadError(Exception):
    """A workload that cannot be read; the text names file, place, what is wrong and what would be right."""


class GitLabJob(BaseModel):
    """What is read of a job of `GET /projects/:id/jobs`; the rest of it is ignored."""

    model_config = ConfigDict(extra="ignore")

    started_at: AwareDatetime | None
    """Null where it never started; such jobs are left out."""
    duration: Seconds | None
    """Seconds that it ran."""
    queued_duration: Seconds | None
    """Seconds from ready to start. `created_at` would not do: it is that of the pipeline, before earlier stages."""
    tag_list: list[str] = []
    """Tags, which decide the shard."""


class CsvJob(BaseModel):
    """A row of a CSV file."""

    ready: AwareDatetime
    """When the job was ready, with its offset from UTC."""
    seconds: Seconds
    """How long it ran."""


def read_workload(path: Path, *, tag: str | None = None) -> Workload:
    """The workload of a file, by its suffix; with `tag`, of GitLab's jobs those that have it. Raises WorkloadError.

    Every job stands alone: when a recorded stage was ready followed from waits that were, not from those simulated.
    """
    if path.suffix not in (".json", ".csv"):
        raise WorkloadError(
            f"{path.name}: neither .json nor .csv. HINT: the answer of GitLab's jobs API, or ready,seconds"
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise WorkloadError(f"{path}: {(error.strerror or 'unreadable').lower()}. HINT: a file of jobs") from None
    except UnicodeDecodeError as error:
        raise WorkloadError(f"{path.name}: byte {error.start} is no UTF-8. HINT: save it as UTF-8") from None
    jobs = _gitlab_jobs(path.name, text, tag) if path.suffix == ".json" else _csv_jobs(path.name, text)
    return _workload(path.name, jobs)


def _gitlab_jobs(name: str, text: str, tag: str | None) -> list[CsvJob]:
    hint = "a list of jobs as `GET /projects/:id/jobs` answers it"
    try:
        jobs = TypeAdapter(list[GitLabJob]).validate_json(text)
    except ValidationError as error:
        raise WorkloadError(f"{name}: {_first(error, 'job')}. HINT: {hint}") from None
    ran = [
        CsvJob(ready=job.started_at - timedelta(seconds=job.queued_duration), seconds=job.duration)
        for job in jobs
        if job.started_at is not None and job.queued_duration is not None and job.duration is not None
        if tag is None or tag in job.tag_list
    ]
    if not ran:
        tagged = f" with the tag {tag}" if tag else ""
        raise WorkloadError(f"{name}: none of {len(jobs)} jobs{tagged} has run. HINT: {hint}, with scope=success")
    return ran


def _csv_jobs(name: str, text: str) -> list[CsvJob]:
    rows = csv.DictReader(io.StringIO(text))
    columns = ",".join(CSV_COLUMNS)
    missing = set(CSV_COLUMNS) - set(rows.fieldnames or ())
    if missing:
        raise WorkloadError(f"{name}: line 1 has no column {min(missing)}. HINT: the first line is {columns}")
    jobs: list[CsvJob] = []
    try:
        for row in rows:
            # One by one, since the reader's line is that of the fault.
            jobs.append(CsvJob.model_validate({column: row[column] for column in CSV_COLUMNS}))  # noqa: PERF401
    except ValidationError as error:
        hint = "2026-11-02T09:30:00+00:00,240"
        raise WorkloadError(f"{name}: line {rows.line_num}: {_first(error, '')}. HINT: {hint}") from None
    except csv.Error as error:
        raise WorkloadError(f"{name}: line {rows.line_num}: {error}. HINT: {columns}") from None
    if not jobs:
        raise WorkloadError(f"{name}: no jobs. HINT: below {columns}, a line for each job")
    return jobs


def _workload(name: str, jobs: Iterable[CsvJob]) -> Workload:
    ordered = sorted(jobs, key=lambda job: job.ready)
    begins = ordered[0].ready.replace(second=0, microsecond=0)
    starts = [(job.ready - begins).total_seconds() for job in ordered]
    if starts[-1] > LONGEST_DAYS * 86400:
        raise WorkloadError(
            f"{name}: from {begins.date()} to {ordered[-1].ready.date()} are more than {LONGEST_DAYS} days. "
            "HINT: take one span of time"
        )
    pipelines = tuple(Pipeline(start, ((job.seconds,),)) for start, job in zip(starts, ordered, strict=True))
    end = max(start + job.seconds for start, job in zip(starts, ordered, strict=True))
    return Workload(name, begins, max(end, 1.0), pipelines)


def _first(error: ValidationError, item: str) -> str:
    """The first fault of pydantic's, with its place counted from 1."""
    fault = error.errors(include_url=False, include_context=False)[0]
    place = [f"{item} {part + 1}" if isinstance(part, int) else str(part) for part in fault["loc"]]
    words = fault["msg"][:1].lower() + fault["msg"][1:]
    return ": ".join([*place, words])
