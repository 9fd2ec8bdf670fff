"""How a stack gives up one system: what stands in the way, what stays in the cloud, and the commands for both.

A system leaves by losing its section of the stack file. Its stateful resources are protected one by one, and retained:
Pulumi forgets them and the clouds keep them, until somebody removes them by hand.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from capture import Capture, Registration, StackFile, capture_stack, read_stack_file
from capture.stack_file import read_yaml
from policies.values import place, text
from preview.command_line import Parser, failed
from preview.compare import Comparison, Step, compare
from preview.faults import explained

ROOT = Path(__file__).resolve().parent.parent

BY_HAND: Mapping[str, tuple[str, str]] = {
    "gcp:compute/instance:Instance": ("gcloud compute instances delete {name} --zone={zone}", "name"),
    "gcp:compute/disk:Disk": ("gcloud compute disks delete {name} --zone={zone}", "name"),
    "gcp:compute/address:Address": ("gcloud compute addresses delete {name} --region={region}", "name"),
    "gcp:compute/globalAddress:GlobalAddress": ("gcloud compute addresses delete {name} --global", "name"),
    "gcp:dns/managedZone:ManagedZone": ("gcloud dns managed-zones delete {name}", "name"),
    "gcp:secretmanager/secret:Secret": ("gcloud secrets delete {name}", "secretId"),
    "gcp:serviceaccount/account:Account": (
        "gcloud iam service-accounts delete {name}@{project}.iam.gserviceaccount.com",
        "accountId",
    ),
    "gcp:storage/bucket:Bucket": ("gcloud storage rm --recursive --all-versions gs://{name}", "name"),
    "gcp:kms/cryptoKey:CryptoKey": ("gcloud kms keys versions destroy 1 --key={ring}/cryptoKeys/{name}", "name"),
    # It must be empty of old versions too, which `--force` leaves.
    "aws:s3/bucket:Bucket": ("aws s3 rb s3://{name}", "bucket"),
    "aws:secretsmanager/secret:Secret": ("aws secretsmanager delete-secret --secret-id {name}", "name"),
    "aws:ec2/instance:Instance": ("aws ec2 terminate-instances --instance-ids {id}", ""),
    "aws:ebs/volume:Volume": ("aws ec2 delete-volume --volume-id {id}", ""),
    "aws:ec2/eip:Eip": ("aws ec2 release-address --allocation-id {id}", ""),
    "aws:ec2/networkInterface:NetworkInterface": (
        "aws ec2 delete-network-interface --network-interface-id {id}",
        "",
    ),
    "aws:kms/key:Key": ("aws kms schedule-key-deletion --key-id {id}", ""),
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": ("# It goes with its bucket.", ""),
    "gcp:kms/keyRing:KeyRing": ("# A key ring stays for ever, and costs nothing.", ""),
}
"""For each stateful type the command that removes one, and the input that names it; without one an id is needed."""

NEEDED_BY: Mapping[str, tuple[str, ...]] = {"backupVault": ("databasePair", "devInstance")}
"""Sections that go after others, which the settings refuse without them."""

LIFTED_BY: Mapping[str, str] = {
    "gcp:compute/instance:Instance": "gcloud compute instances update {name} --zone={zone} --no-deletion-protection",
    "aws:ec2/instance:Instance": "aws ec2 modify-instance-attribute --instance-id {id} --no-disable-api-termination",
}
"""For each type that its cloud itself refuses to remove, what is to be run before. Other protection is Pulumi's."""

ID_OF = "pulumi stack export --stack {stack} | jq -r '.deployment.resources[] | select(.urn == \"{urn}\") | .id'"
"""What prints the id of a resource, as long as Pulumi still knows it."""


@dataclass(frozen=True)
class Orphan:
    """A resource that Pulumi forgets and a cloud keeps."""

    registration: Registration
    command: str
    """What removes it."""
    lifting: str
    """What is to be run before, so that its cloud does not refuse; empty where nothing is."""
    variable: str
    """Shell variable that holds its id; empty where its name is enough."""


@dataclass(frozen=True)
class Leaving:
    """What a stack needs done to give up a system."""

    protected: tuple[Registration, ...]
    """Resources whose protection must be taken off first; of this system alone."""
    orphans: tuple[Orphan, ...]


class NoSuchSystemError(Exception):
    """A section that is not there or cannot go; the text says why, and names those that can."""


def can_leave(stack_file: StackFile) -> tuple[str, ...]:
    """Sections that a stack file can lose as it is: Pulumi.yaml has a default for them, and no other one needs them."""
    declared = cast("dict[str, dict[str, dict[str, object]]]", read_yaml(ROOT / "Pulumi.yaml"))["config"]
    present = {key.removeprefix("packyard:") for key in stack_file.config}
    return tuple(
        sorted(
            name
            for name in present
            if "default" in declared.get(name, {}) and not present.intersection(NEEDED_BY.get(name, ()))
        )
    )


def without_section(stack_file: StackFile, section: str) -> StackFile:
    """The stack file as it will be. Raises NoSuchSystemError."""
    key = f"packyard:{section}"
    known = can_leave(stack_file)
    if section not in known:
        users = [name for name in NEEDED_BY.get(section, ()) if f"packyard:{name}" in stack_file.config]
        reason = f"{stack_file.path.name} has no such section"
        if key in stack_file.config:
            reason = f"{' and '.join(users)} cannot be without it" if users else "no stack can be without this section"
        raise NoSuchSystemError(f"{section}: {reason}. HINT: one of {', '.join(known)}")
    return replace(stack_file, config={name: value for name, value in stack_file.config.items() if name != key})


def leaving(comparison: Comparison, before: Capture) -> Leaving:
    """What goes with the section; machines first, since what they hold cannot be removed before them."""
    gone = sorted(
        (change.registration for change in comparison.of(Step.DELETE)), key=lambda entry: "Instance" not in entry.kind
    )
    return Leaving(
        tuple(entry for entry in gone if entry.protect),
        tuple(_orphan(before, entry) for entry in gone if entry.retain_on_delete),
    )


def lines(found: Leaving, stack: str, section: str) -> Iterator[str]:
    """The commands, in the order in which they are given."""
    yield "# 1. Take off the protection of this system alone."
    for entry in found.protected:
        yield f"pulumi state unprotect --yes --stack {stack} '{entry.urn}'"
    yield "# 2. Write down the ids of what only an id names, while Pulumi knows them."
    for orphan in found.orphans:
        if orphan.variable:
            yield f"{orphan.variable}=$({ID_OF.format(stack=stack, urn=orphan.registration.urn)})"
    yield f"# 3. Take `packyard:{section}` out of Pulumi.{stack}.yaml, and update. Backups that others need go first."
    yield f"pulumi up --stack {stack}"
    yield "# 4. What the clouds keep. Each loses data for good; a locked bucket stays until its locks have ended."
    for orphan in found.orphans:
        if orphan.lifting:
            yield orphan.lifting
        yield f"{orphan.command}  # {orphan.registration.name}"


def _orphan(capture: Capture, entry: Registration) -> Orphan:
    template, key = BY_HAND.get(entry.type, ("# No command is known: remove it in the console.", ""))
    variable = re.sub(r"\W", "_", f"{entry.name}_{entry.kind}").lower() if "{id}" in template else ""
    places = {name: place(capture, entry, name) for name in ("project", "region", "zone")}
    ring = text(entry.inputs.get("keyRing"))
    where = "project" if entry.cloud == "gcp" else "region"

    def filled(command: str) -> str:
        if not command or command.startswith("#"):
            return command
        words = command.format(name=text(entry.inputs.get(key)), id=f'"${variable}"', ring=ring, **places)
        return f"{words} --{where}={places[where]}"

    return Orphan(entry, filled(template), filled(LIFTED_BY.get(entry.type, "")), variable)


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Prints the commands; the result is the exit code."""
    parser = Parser(
        "python -m preview.leaving", "Print how a stack gives up one system.", "exit codes:\n  0  fine\n  1  a fault"
    )
    parser.add_argument("stack", help="name of a stack, for example staging")
    parser.add_argument("section", help="section of the stack file that goes, for example devInstance")
    options = parser.parse_args(arguments)
    try:
        stack_file = read_stack_file(root, options.stack)
        shorter = without_section(stack_file, options.section)
        before, after = capture_stack(root, stack_file), capture_stack(root, shorter)
    except NoSuchSystemError as error:
        return failed(str(error))
    except Exception as error:
        return failed(explained(error, root))
    sys.stdout.writelines(
        f"{line}\n" for line in lines(leaving(compare(before, after), before), options.stack, options.section)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
