"""Physical names. Logical names never hold the stack; physical ones always do, because names are shared by stacks."""

import hashlib
import re

LENGTH_LIMITS = {
    "gcs_bucket": 63,
    "s3_bucket": 63,
    "service_account": 30,
    "iam_role": 64,
    "gce": 63,
    "gce_snapshot_prefix": 48,
    "secret": 255,
}
"""Longest physical name by kind of resource, in characters (provider documentation of each)."""


def physical_name(prefix: str, stack: str, *parts: str, kind: str) -> str:
    """Prefix, stack and parts joined by hyphens, within the limit of the kind.

    A longer one is cut and ends in six digits of its digest, so that two long names stay two names. Prefix and stack
    lead it in any case, because rights are given by them.
    """
    name, limit = "-".join((prefix, stack, *parts)), LENGTH_LIMITS[kind]
    return name if len(name) <= limit else f"{name[: limit - 7].rstrip('-')}-{_digest(name)}"


def shortened(prefix: str, stack: str, *parts: str, kind: str) -> str:
    """As physical_name, for names that nobody types.

    A name past the limit is cut and ends in six digits of its digest, so that two long names stay two names.
    """
    name, limit = "-".join((prefix, stack, *parts)), LENGTH_LIMITS[kind]
    if len(name) <= limit:
        return name
    # The parts tell more than the prefix, which every account of a project shares.
    return f"{'-'.join((stack, *parts))[: limit - 7].rstrip('-')}-{_digest(name)}"


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:6]


def by_content(*values: object) -> str:
    """A part of a name that says what a list's entry holds, such as 10-40-0-16-28-443.

    An entry that is named by its place becomes another one when the entry before it goes: the engine then changes the
    one that stays into the one that goes, which clouds refuse while both exist.
    """
    return "-".join(re.sub(r"[^A-Za-z0-9]+", "-", str(value)).strip("-") for value in values)
