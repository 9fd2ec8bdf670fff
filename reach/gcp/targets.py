"""What there is on GCP to be acted on, by the name that conditions see and the scopes where grants count."""

from collections.abc import Iterator

from capture import Capture, Registration
from reach.gcp.index import ACCOUNT, CUSTOM_ROLE, Index
from reach.machines import GCE, GCE_GROUP, base_name, project_and_zone
from reach.model import Target
from reach.values import answer, project_of, text

BUCKET = "gcp:storage/bucket:Bucket"
SECRET = "gcp:secretmanager/secret:Secret"  # noqa: S105 -- a type
DISK = "gcp:compute/disk:Disk"
POOL = "gcp:iam/workloadIdentityPool:WorkloadIdentityPool"
KEY = "gcp:kms/cryptoKey:CryptoKey"


def targets(capture: Capture, index: Index) -> Iterator[Target]:
    """Every resource that is known here; of a bucket its objects as well, of a group one of its workers."""
    for project in index.projects:
        yield project_target(project)
    for entry in capture.of_type(BUCKET):
        bucket = _bucket(capture, entry)
        yield bucket
        yield objects(bucket, "*")
    for entry in capture.of_type(SECRET):
        yield _secret(capture, entry)
    for entry in capture.of_type(ACCOUNT):
        # One without an address, before the first update, would be taken for every other one without.
        if email := answer(capture, entry, "email"):
            scopes = (f"account:{email}", f"project:{project_of(capture, entry)}")
            yield Target(f"service account {entry.name}", "gcp", email, entry.urn, scopes=scopes)
    for entry in (*capture.of_type(GCE), *capture.of_type(DISK), *capture.of_type(GCE_GROUP)):
        yield _in_a_zone(capture, entry)
    for entry in (*capture.of_type(POOL), *capture.of_type(CUSTOM_ROLE)):
        word = "pool" if entry.type == POOL else "role"
        yield Target(
            f"{word} {entry.name}", "gcp", entry.name, entry.urn, scopes=(f"project:{project_of(capture, entry)}",)
        )
    registered = {text(entry.inputs.get("name")) for entry in capture.of_type(BUCKET)}
    for scope in dict.fromkeys(grant.scope for grant in index.grants):
        kind, _, name = scope.partition(":")
        if kind == "bucket" and name not in registered:
            bucket = named_bucket(name)
            yield bucket
            yield objects(bucket, "*")
        elif kind == "key":
            yield Target(f"key {name.rpartition('/')[2]}", "gcp", name, type=_KEY_TYPE, scopes=_key_scopes(name))


_KEY_TYPE = "cloudkms.googleapis.com/CryptoKey"


def project_target(project: str) -> Target:
    """A project by itself."""
    return Target(
        f"project {project}",
        "gcp",
        f"projects/{project}",
        type="cloudresourcemanager.googleapis.com/Project",
        scopes=(f"project:{project}",),
    )


def named_bucket(name: str) -> Target:
    """A bucket that the program only names; in which project it lies is not known."""
    return Target(f"bucket {name}", "gcp", f"projects/_/buckets/{name}", type=_BUCKET_TYPE, scopes=(f"bucket:{name}",))


_BUCKET_TYPE = "storage.googleapis.com/Bucket"


def objects(bucket: Target, key: str) -> Target:
    """Objects of a bucket: one key, or with a "*" whatever there is."""
    what = "objects" if key == "*" else key
    name = f"{bucket.name}/objects/{key}"
    return Target(
        f"{what} of {bucket.words}",
        "gcp",
        name,
        bucket.urn,
        type="storage.googleapis.com/Object",
        scopes=bucket.scopes,
    )


def _bucket(capture: Capture, entry: Registration) -> Target:
    name = text(entry.inputs.get("name")) or answer(capture, entry, "name")
    scopes = (f"bucket:{name}", f"project:{project_of(capture, entry)}")
    return Target(
        f"bucket {entry.name}", "gcp", f"projects/_/buckets/{name}", entry.urn, type=_BUCKET_TYPE, scopes=scopes
    )


def _secret(capture: Capture, entry: Registration) -> Target:
    project, name = project_of(capture, entry), text(entry.inputs.get("secretId"))
    return Target(
        f"secret {entry.name}",
        "gcp",
        f"projects/{project}/secrets/{name}",
        entry.urn,
        type="secretmanager.googleapis.com/Secret",
        scopes=(f"secret:{project}/{name}", f"project:{project}"),
    )


def _in_a_zone(capture: Capture, entry: Registration) -> Target:
    """A machine, a disk, or one worker of a group, which gets its name when it is made."""
    project, zone = project_and_zone(capture, entry)
    kind, words, plural = {
        GCE: ("machine", "machine", "instances"),
        DISK: ("disk", "disk", "disks"),
        GCE_GROUP: ("machine", "a worker of", "instances"),
    }[entry.type]
    name = f"{base_name(entry)}-0000" if entry.type == GCE_GROUP else text(entry.inputs.get("name")) or entry.name
    return Target(
        f"{words} {entry.name}",
        "gcp",
        f"projects/{project}/zones/{zone}/{plural}/{name}",
        entry.urn,
        type=f"compute.googleapis.com/{'Disk' if kind == 'disk' else 'Instance'}",
        scopes=(f"{kind}:{project}/{zone}/{name}", f"project:{project}"),
    )


def _key_scopes(name: str) -> tuple[str, ...]:
    project = name.split("/")[1] if name.startswith("projects/") else ""
    return (f"key:{name}", f"ring:{name.partition('/cryptoKeys/')[0]}", f"project:{project}")
