"""Which grants let a request of a machine through, kept from lab to lab, so that those that none used are known."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.machines.cache import cache_folder
from reach.model import Answer, Request


@dataclass(frozen=True)
class Use:
    """One grant that let something through."""

    action: str
    """As reach is asked for it: lower case on AWS."""
    on: str
    """ARN on AWS, name that conditions see on GCP."""
    by: str
    """URN of what grants it."""


class UsedGrants:
    """The file of one stack, a line for each use that is new."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = set(uses(file))

    def note(self, request: Request, answer: Answer) -> None:
        """Keeps what let a request through."""
        for step in answer.grants:
            use = Use(request.action.lower(), request.target.name, step.by)
            if use not in self._known:
                self._known.add(use)
                self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                # One short line at a time, so that labs at once do not write into each other's.
                with self._file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(use)) + "\n")


def uses(file: Path) -> Iterator[Use]:
    """What a file holds; nothing where there is none."""
    if file.is_file():
        yield from (Use(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines())


def file_of(stack: str) -> Path:
    """Where labs of a stack keep it."""
    return cache_folder() / "used-grants" / f"{stack}.jsonl"
