"""What is each stack's own: a value that was copied from another stack file would make two stacks fight over one thing.

A pure function over the raw values of two stack files; `settings.parse` calls it for each file beside its own.
"""

import re
from collections.abc import Collection, Iterator, Mapping

from settings.faults import Fault, Path
from settings.raw import scalars

OWN: Mapping[tuple[str, ...], str] = {
    ("audit", "gcpLogBucket"): "records of both stacks would lie in one bucket, and end by one setting",
    ("ciIdentity", "audience"): "a token for one stack would open the other",
    ("ciIdentity", "github", "deployEnvironment"): "jobs of one stack would deploy the other",
    ("ciIdentity", "github", "previewEnvironment"): "jobs of one stack would read the other",
    ("ciIdentity", "gitlab", "deployEnvironment"): "jobs of one stack would deploy the other",
    ("ciIdentity", "gitlab", "previewEnvironment"): "jobs of one stack would read the other",
    ("ciIdentity", "state", "bucket"): "both states would lie in one bucket, which the pipelines of both may write",
    ("ciIdentity", "state", "kmsKey"): "each stack could open the secrets of the other",
    ("devInstance", "gitSsh", "hostPublicKeys", "[]"): "each host could pass for the other",
    ("devInstance", "hostName"): "one name leads to one host",
    ("devInstance", "pagesDomain"): "one name leads to one host",
    ("dns", "domain"): "one zone can be delegated once",
    ("packageServer", "hosts", "public"): "one name leads to one host",
    ("packageServer", "hosts", "upload"): "one name leads to one host",
    ("packageServer", "keys", "metadata", "fingerprint"): "each stack could sign for the other",
    ("packageServer", "keys", "package", "fingerprint"): "each stack could sign for the other",
    ("runnerFleet", "shards", "[]", "runnerId"): "two managers would take the jobs of one runner",
}
"""Values that no two stacks may share, with what would happen; "[]" is any item of a list."""

PLACES: tuple[tuple[str, ...], ...] = (
    ("aws", "accountId"),
    ("gcp", "projects", "cloudNative"),
    ("gcp", "projects", "omnibusBuildRunners"),
    ("gcp", "projects", "protectedBuildRunners"),
    ("gcp", "projects", "publishBuildRunners"),
    ("gcp", "projects", "testground"),
)
"""Accounts and projects; where two stacks have their own, nothing of one may name those of the other."""


def copied(raw: Mapping[str, object], other: Mapping[str, object], other_stack: str) -> Iterator[Fault]:
    """What one stack file has of another; both as `settings.parse.parse` takes them."""
    theirs = {(place, value): path for place, path, value in _found(other, OWN)}
    for place, path, value in _found(raw, OWN):
        if (place, value) in theirs:
            yield Fault(
                path,
                f"{value if len(value) < 60 else 'it'} is in Pulumi.{other_stack}.yaml too, and {OWN[place]}",
                "one of the two files is wrong: this one",
                against=theirs[place, value],
                against_file=f"Pulumi.{other_stack}.yaml",
            )
    yield from _named(raw, other, other_stack)


def _named(raw: Mapping[str, object], other: Mapping[str, object], other_stack: str) -> Iterator[Fault]:
    """Accounts and projects of the other stack that stand anywhere in this one."""
    mine = {value for _, _, value in _found(raw, PLACES)}
    foreign = {value for _, _, value in _found(other, PLACES)} - mine
    for path, text in _texts(raw):
        for name in sorted(foreign):
            if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text):
                yield Fault(
                    path,
                    f"{name} is of stack {other_stack} and none of this one's accounts and projects",
                    "one of the two is wrong: this value, or gcp.projects and aws.accountId",
                )


def _found(
    raw: Mapping[str, object], places: Collection[tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], Path, str]]:
    """Place as it is listed, path and value of each text or number that stands at one of the places."""
    for path, value in _texts(raw):
        place = tuple("[]" if isinstance(part, int) else part for part in path)
        if place in places:
            yield place, path, value


def _texts(raw: Mapping[str, object]) -> Iterator[tuple[Path, str]]:
    """Texts and numbers, which say the same in either form."""
    for path, value in scalars(raw):
        if isinstance(value, str | int) and not isinstance(value, bool):
            yield path, str(value)
