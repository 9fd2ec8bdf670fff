"""The policy pack in the engine: an environment of its own, and the executable that the engine looks for on PATH.

pulumi-policy wants an older protobuf than the SDK of the program takes. The engine starts an analyzer by the name
`pulumi-analyzer-policy-python`; the official one comes with the CLI's download, and only starts
`python -m pulumi.policy`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from rehearsal.cli_binary import cache_dir
from rehearsal.engine import Engine

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements-policy.txt"
ANALYZER = "pulumi-analyzer-policy-python"
PACK = "policies/pack"


class PolicyEnvironmentError(Exception):
    """The environment cannot be made; the text says why."""


def with_policies(engine: Engine) -> tuple[Engine, tuple[str, str]]:
    """The engine with the analyzer on its PATH, and the arguments that make a preview or an up check the policies.

    Raises PolicyEnvironmentError.
    """
    path = f"{_analyzer_dir()}{os.pathsep}{engine.environment['PATH']}"
    checked = replace(engine, environment={**engine.environment, "PATH": path})
    return checked, ("--policy-pack", str(engine.project / PACK))


def _analyzer_dir() -> Path:
    """Where the analyzer lies; its environment is made once for each content of requirements-policy.txt."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = cache_dir() / f"policy-{digest}"
    analyzer = folder / "analyzer" / ANALYZER
    if not analyzer.is_file():
        # What an interrupted installation left.
        shutil.rmtree(folder, ignore_errors=True)
        _install(folder)
        analyzer.parent.mkdir()
        # Written last and whole: where it stands, the environment is complete.
        unfinished = folder / "analyzer.tmp"
        unfinished.write_text(f'#!/bin/sh\nexec "{folder}/bin/python" -u -m pulumi.policy "$@"\n', encoding="utf-8")
        unfinished.chmod(0o755)
        unfinished.rename(analyzer)
    return analyzer.parent


def _install(folder: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    python = str(folder / "bin" / "python")
    commands = (
        [sys.executable, "-m", "venv", "--without-pip", str(folder)],
        [str(uv), "pip", "sync", "--quiet", "--python", python, "--require-hashes", str(REQUIREMENTS)],
    )
    for command in commands:
        finished = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- fixed arguments
        if finished.returncode != 0:
            raise PolicyEnvironmentError(f"{' '.join(command)}: {finished.stderr.strip()}")
