"""Copies of the project for the engine, which writes into the folder that it works in.

A copy holds what git would commit, of the work tree or of a revision. Its stack file opens under the passphrase of the
rehearsal: what a real backend encrypted there is replaced, because nobody here can or should open it.
"""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import stack_yaml
from capture import read_stack_file
from capture.stack_file import read_yaml
from preview.revision import commit_of, export_revision, git

NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis")
"""Used where the project is no git repository."""

ENCRYPTION_KEYS = ("secretsprovider", "encryptedkey", "encryptionsalt")
"""Where Pulumi keeps how a stack file is encrypted; another stack's would make every value unreadable."""


def copy_work_tree(root: Path, target: Path) -> None:
    """Every file of the work tree that git does not ignore, committed or not. Raises preview.revision.RevisionError."""
    listed = git(root, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    if listed.returncode != 0:
        shutil.copytree(root, target, ignore=NOT_COPIED)
    else:
        for name in filter(None, listed.stdout.decode().split("\0")):
            # A file that is deleted but not committed is still listed.
            if (root / name).is_file():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, target / name)
    _link_environment(target)


def copy_revision(root: Path, revision: str, target: Path) -> str:
    """The files of a revision; the result is its commit. Raises preview.revision.RevisionError."""
    commit = commit_of(root, revision)
    export_revision(root, commit, target)
    _link_environment(target)
    return commit


def _link_environment(target: Path) -> None:
    """The official language host looks for the virtual environment that Pulumi.yaml names; ours needs none."""
    if sys.prefix != sys.base_prefix and not (target / ".venv").exists():
        (target / ".venv").symlink_to(sys.prefix)


def without_encryption(project: Path, stack: str) -> Mapping[str, str]:
    """Takes out of a stack file what another backend encrypted, and gives back what has to be set as a secret anew.

    The result has the paths of the secure values as `pulumi config set --path` takes them, each with its placeholder,
    the same one as in a preview. A file without such values stays as it is, to the letter. Raises StackFileError.
    """
    stack_file = read_stack_file(project, stack)
    document = cast("dict[str, Any]", read_yaml(stack_file.path))
    encrypted = [key for key in ENCRYPTION_KEYS if document.pop(key, None) is not None]
    placeholders = {place: _at(place, stack_file.config) for place in stack_file.secure_paths}
    if encrypted or placeholders:
        document["config"] = _opened(document["config"])
        stack_file.path.write_text(stack_yaml.written(document), encoding="utf-8")
    return placeholders


def _at(place: str, config: Mapping[str, str]) -> str:
    """The placeholder that stands at a path such as "packyard:link.presharedKeys[0]"."""
    key = next(key for key in config if place == key or place.startswith((f"{key}.", f"{key}[")))
    value: Any = config[key] if place == key else json.loads(config[key])
    for step in place.removeprefix(key).replace("[", ".[").split(".")[1:]:
        value = value[int(step[1:-1])] if step.startswith("[") else value[step]
    return str(value)


def _opened(value: Any) -> Any:
    """An empty text stands where a secure value was, until the secret is set."""
    if isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        return "" if set(mapping) == {"secure"} else {key: _opened(inner) for key, inner in mapping.items()}
    if isinstance(value, list):
        return [_opened(inner) for inner in cast("list[Any]", value)]
    return value
