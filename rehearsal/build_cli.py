"""Builds the Pulumi CLI from the Go module proxy: python -m rehearsal.build_cli.

The CLI is in no package registry but Go's, so it is an ordinary Go tool dependency of rehearsal/pulumi_cli, pinned with
the hashes of all its modules in go.sum. The binary lands in the cache folder, outside the work tree.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from rehearsal.cli_binary import BUILT_VERSION, built_path

MODULE_DIR = Path(__file__).with_name("pulumi_cli")
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
"""Without it the CLI says that its version is empty, and refuses `requiredPulumiVersion`."""

PARALLEL = "2"
"""Compilers at a time; each takes up to 1 GiB."""

TICK_SECONDS = 15


def main() -> int:
    """Builds it unless it is there; the exit status is 0 where it is there afterwards."""
    target = built_path()
    if target.is_file():
        _say(f"{target} is there already")
        return 0
    go = shutil.which("go")
    if go is None:
        _say("no Go here, which builds the Pulumi CLI. HINT: install Go 1.25 or newer, or a Pulumi CLI itself")
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    # Two builds at a time do not meet, and half a binary never stands where a whole one is expected.
    unfinished = target.with_name(f"pulumi.{os.getpid()}.tmp")
    try:
        status = _build(go, unfinished)
        if status != 0:
            _say(f"go build ended with {status}. HINT: its messages are above; it needs the Go module proxy (GOPROXY)")
            return 1
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)
    _say(f"{target} is built")
    return 0


def _build(go: str, target: Path) -> int:
    _say(f"Building the Pulumi CLI {BUILT_VERSION} from the Go module proxy (about 5 minutes and 3 GB of cache, once)")
    flags = f"-s -w -X {VERSION_VARIABLE}=v{BUILT_VERSION}"
    command = [go, "build", "-trimpath", "-p", PARALLEL, "-ldflags", flags, "-o", str(target), PACKAGE]
    # GOFLAGS of the caller could say -mod=vendor.
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"}
    start = time.monotonic()
    process = subprocess.Popen(command, cwd=MODULE_DIR, env=environment)  # noqa: S603 -- Go, with fixed arguments
    try:
        while True:
            try:
                return process.wait(TICK_SECONDS)
            except subprocess.TimeoutExpired:
                _say(f"  {time.monotonic() - start:.0f} s, still compiling")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
