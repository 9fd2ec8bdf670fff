"""Writes what each gcloud command of the pages takes: python -m tests.docs.record_gcloud.

gcloud is in no package index, so its parser is asked where it is installed (`gcloud meta lint-gcloud-commands`, which
asks no cloud), and the tests read the answer. A command that the parser refuses is not written down.
"""

import datetime
import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.docs.bootstrap import PAGES, Call, run
from tests.docs.gcloud_arguments import TABLE, Table

REFERENCE = "https://cloud.google.com/sdk/gcloud/reference/"


def main() -> int:
    """Writes the table; the exit status is 1 where the parser refuses a command."""
    calls: list[Call] = []
    for page in PAGES:
        with tempfile.TemporaryDirectory() as folder:
            calls += [call for call in run(page.read_text(encoding="utf-8"), Path(folder)) if call.words[0] == "gcloud"]
    answers = [_ask(call) for call in calls]
    refused = [f"{answer['command_string']}: {answer['error_message']}" for answer in answers if not answer["success"]]
    if refused:
        sys.stderr.write("\n".join(refused) + "\n")
        return 1
    TABLE.write_text(json.dumps(_table(answers), indent=1) + "\n", encoding="utf-8")
    return 0


def _ask(call: Call) -> dict[str, Any]:
    done = subprocess.run(
        ["gcloud", "meta", "lint-gcloud-commands", f"--command-string={shlex.join(call.words)}"],
        capture_output=True,
        text=True,
        check=True,
    )
    answer: list[dict[str, Any]] = json.loads(done.stdout)
    return answer[0]


def _table(answers: list[dict[str, Any]]) -> Table:
    version = json.loads(
        subprocess.run(["gcloud", "version", "--format=json"], capture_output=True, text=True, check=True).stdout
    )["Google Cloud SDK"]
    everywhere: Table = {}
    commands: Table = {}
    for answer in answers:
        name = answer["command_string_no_args"].removeprefix("gcloud ")
        arguments = list(_arguments(answer["args_structure"]["arguments"]))
        everywhere |= {each["name"]: _flag(each) for each in arguments if each.get("global")}
        positionals = [each for each in arguments if each.get("positional")]
        commands[name] = {
            "page": REFERENCE + name.replace(" ", "/"),
            "positionals": [each["name"] for each in positionals if each["required"]],
            "optional": [each["name"] for each in positionals if not each["required"]],
            "flags": {
                each["name"]: _flag(each) for each in arguments if not each.get("global") and not each.get("positional")
            },
        }
    read = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    return {"gcloud": version, "read": read, "global": everywhere, "commands": dict(sorted(commands.items()))}


def _arguments(found: list[dict[str, Any]], *, optional: bool = False) -> Iterator[dict[str, Any]]:
    """All of them; what a group asks for that may be left out whole is not asked for."""
    for each in found:
        if "group" in each:
            yield from _arguments(each["group"]["arguments"], optional=optional or not each["group"].get("required"))
        else:
            yield each | {"required": each.get("required") and not optional}


def _flag(argument: dict[str, Any]) -> dict[str, Any]:
    kept = {"type": "bool" if argument["type"] == "bool" else "value"}
    return kept | {key: argument[key] for key in ("choices", "required") if argument.get(key)}


if __name__ == "__main__":
    sys.exit(main())
