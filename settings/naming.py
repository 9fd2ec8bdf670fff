"""Physical names. Logical names never hold the stack; physical ones always do, because names are shared by stacks."""

import hashlib

LENGTH_LIMITS = {
    "gcs_bucket": 63,
    "s3_bucket": 63,
    "service_account": 30,
    "iam_role": 64,
    "gce": 63,
    "secret": 255,
}
"""Longest physical name by kind of resource, in characters (provider documentation of each)."""


def physical_name(prefix: str, stack: str, *parts: str, kind: str) -> str:
    """Prefix, stack and parts joined by hyphens, within the limit of the kind.

    Raises ValueError where the name would be too long: cutting it silently would let two resources collide.
    """
    name = "-".join((prefix, stack, *parts))
    limit = LENGTH_LIMITS[kind]
    if len(name) > limit:
        raise ValueError(f"physical name {name!r} has {len(name)} characters; a {kind} allows {limit}")
    return name


def account_id(prefix: str, stack: str, *parts: str) -> str:
    """The id of a GCP service account, at most 30 characters.

    A longer one is cut and ends in six digits of its digest, so that two long names stay two names.
    """
    name, limit = "-".join((prefix, stack, *parts)), LENGTH_LIMITS["service_account"]
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    # The parts tell more than the prefix, which every account of a project shares.
    return f"{'-'.join((stack, *parts))[: limit - 7].rstrip('-')}-{digest}"
