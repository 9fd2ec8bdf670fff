"""docs/bootstrap.md as one program: its commands run in their order, with stand-ins for the tools that ask a cloud.

The shell is the real one, so variables, quotes, loops and documents become what they become for a reader. PATH has the
stand-ins and the few programs below alone: whatever else the page calls is not found, and ends the run.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.how_to import BLOCK
from tests.support import ROOT

PAGE = ROOT / "docs" / "bootstrap.md"

PAGES = (
    PAGE,
    ROOT / "docs" / "audit.md",
    ROOT / "docs" / "runbooks" / "identities" / "move-state.md",
    ROOT / "docs" / "runbooks" / "identities" / "take-away.md",
)
"""All pages whose commands are run as this one's are, each by itself."""

ASK_A_CLOUD = ("aws", "gcloud", "pulumi", "make")
MAKE_KEYS = ("curl", "gpg", "openssl", "ssh-keygen")
REAL = ("cat", "cp", "cut", "date", "grep", "mkdir", "sha256sum")

STACK_FILES = ("Pulumi.staging.yaml",)
"""Files of the work tree in which a page is followed."""

ANSWERS = (
    ("^aws sts get-caller-identity --query Account ", "000000000000"),
    ("^aws ssm get-parameter ", "ami-0123456789abcdef0"),
    ("^aws secretsmanager describe-secret ", "arn:aws:secretsmanager:us-east-1:000000000000:secret:a-b"),
    ("^gpg .*--verify ", f"[GNUPG:] GOODSIG 0 somebody\\n[GNUPG:] VALIDSIG {'0' * 40} 2026"),
    ("^openssl rand ", "c2VjcmV0"),
    ("^pulumi stack output audit ", '{"log_writers": ["serviceAccount:one@logging", "serviceAccount:two@logging"]}'),
    ("^gcloud iam workload-identity-pools list ", "pool-one pool-two"),
    ("^gcloud iam service-accounts list ", "one@project.iam.gserviceaccount.com"),
)
"""What stand-ins print where the page goes on with it; all others print nothing."""

STAND_IN = r"""
name=${0##*/}
printf '%s\0' "$(($# + 2))" "${AWS_PROFILE:-}" "$name" "$@" >> "$CALLS"
text="$name $*"
while IFS=$'\t' read -r pattern answer; do
  if [[ $text =~ $pattern ]]; then printf '%b\n' "$answer"; fi
done <<< "$ANSWERS"
before= kind=
for word; do
  case "$name $before" in
    "ssh-keygen -t") kind=$word ;;
    "curl --output") : > "$word" ;;
    "ssh-keygen -f") : > "$word"; case $kind in ecdsa) kind=ecdsa-sha2-nistp256 ;; *) kind=ssh-$kind ;; esac
      echo "$kind key" > "$word.pub" ;;
  esac
  before=$word
done
"""
"""Notes what it was given, prints its answer, and makes the files that the page goes on with."""


class BootstrapError(Exception):
    """The page cannot be followed to its end; the text has what the shell said."""


@dataclass(frozen=True)
class Call:
    """One command that a stand-in was given."""

    words: tuple[str, ...]
    """Its name first."""
    aws_profile: str
    """AWS_PROFILE as the command found it."""

    @property
    def text(self) -> str:
        """In one line, without quotes."""
        return " ".join(self.words)


def script(page: str) -> str:
    """All commands of the page."""
    return "\n".join(match["body"] for match in BLOCK.finditer(page) if match["language"] == "bash")


def run(page: str, folder: Path) -> tuple[Call, ...]:
    """Follows a page in an empty folder, which keeps what it writes. Raises BootstrapError where a command fails."""
    bash = shutil.which("bash")
    assert bash is not None
    programs, home, record = folder / "bin", folder / "home", folder / "calls"
    programs.mkdir()
    home.mkdir()
    record.touch()
    for name in STACK_FILES:
        (folder / name).touch()
    for name in ASK_A_CLOUD + MAKE_KEYS:
        (programs / name).write_text(f"#!{bash}\n{STAND_IN}", encoding="utf-8")
        (programs / name).chmod(0o755)
    for name in REAL:
        (programs / name).symlink_to(shutil.which(name) or name)
    answers = "\n".join("\t".join(each) for each in ANSWERS)
    done = subprocess.run(
        [bash, "-eu", "-o", "pipefail", "-c", script(page)],
        cwd=folder,
        env={
            "PATH": str(programs),
            "HOME": str(home),
            "CALLS": str(record),
            "ANSWERS": answers,
        },
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        raise BootstrapError(f"the commands of the page end with {done.returncode}:\n{done.stderr}")
    return tuple(_calls(record.read_text(encoding="utf-8").split("\0")))


def _calls(noted: list[str]) -> Iterator[Call]:
    while noted[0]:
        count = int(noted[0])
        profile, *words = noted[1 : count + 1]
        noted = noted[count + 1 :]
        yield Call(tuple(words), profile)


NEEDS = (
    ("a project", r"gcloud projects create (\S+)", r".* --project=(?!debian-cloud)(\S+)"),
    ("a project", r"gcloud projects create (\S+)", r"gcloud auth application-default set-quota-project (\S+)"),
    ("a bucket", r"gcloud storage buckets create gs://(\S+)", r"(?:gcloud .* update|pulumi login) gs://(\S+)"),
    ("a key ring", r"gcloud kms keyrings create (\S+)", r".* --keyring=(\S+)"),
    ("a key", r"gcloud kms keys create (\S+)", r"gcloud kms keys add-iam-policy-binding (\S+)"),
    ("a key", r"gcloud kms keys create (\S+)", r"pulumi .*=gcpkms://.*/cryptoKeys/(\S+)"),
    ("a stack", r"pulumi stack init (\S+)", r"pulumi .*-s (\S+)"),
    ("a role", r"aws iam create-role --role-name (\S+)", r"aws iam attach-role-policy --role-name (\S+)"),
    ("a role", r"aws iam create-role --role-name (\S+)", r"aws configure set role_arn \S+:role/(\S+)"),
    ("a profile", r"aws configure (?:sso|set .*) --profile (\S+)", r"aws (?!configure).* --profile (\S+)"),
    ("a profile", r"aws configure sso --profile (\S+)", r"aws configure set source_profile (\S+)"),
    ("a login of", r"(gcloud) auth login", r"(gcloud) (?!auth)"),
    ("a login of", r"(aws) configure sso", r"(aws) (?!configure)"),
    ("a login of", r"(pulumi) login", r"(pulumi) (?!login|install)"),
    ("credentials", r"gcloud auth (application-default) login", r"gcloud auth (application-default) set"),
)
"""What a command makes that others need: its name is the group of both patterns."""


def out_of_order(calls: tuple[Call, ...]) -> list[str]:
    """Each command that needs what no command before it has made."""
    made: set[tuple[str, str]] = set()
    faults: list[str] = []
    for call in calls:
        faults += [f"{call.text}: {what} {name} does not exist yet" for what, name in _needed(call) - made]
        made |= {(what, match[1]) for what, maker, _ in NEEDS if (match := re.match(maker, call.text))}
    return faults


def _needed(call: Call) -> set[tuple[str, str]]:
    named = {(what, match[1]) for what, _, user in NEEDS if (match := re.match(user, call.text))}
    if call.words[:2] in (("pulumi", "preview"), ("pulumi", "up")):
        named.add(("a profile", call.aws_profile))
    return named


def shellcheck(page: str) -> list[str]:
    """What shellcheck says of the commands; a variable that nothing has set is a fault."""
    done = subprocess.run(
        [ROOT / ".venv/bin/shellcheck", "--shell=bash", "--severity=style", "--enable=check-unassigned-uppercase", "-"],
        input=script(page),
        env={**os.environ, "SHELLCHECK_OPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines()
