"""The rows of the table about rights in the clouds: nobody else gets them, by whatever number of steps."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from capture import Capture
from policies.policy import Finding
from policies.who_may import table
from policies.who_may.known import Ask, Asked, Known, known, violations
from policies.who_may.table import Rows
from reach.gcp.targets import objects
from reach.model import Target
from reach.verbs import VERBS
from settings.backup_vault.retention import BUCKET_RETENTION_ACTIONS, VERSION_RETENTION_ACTIONS

BUCKET_CHANGES = (*VERBS["change", "bucket"], *BUCKET_RETENTION_ACTIONS)

REWRITES: Mapping[str, tuple[str, ...]] = {
    "role": (
        *("iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:AttachRolePolicy"),
        *("iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary", "iam.roles.update"),
    ),
    "user": ("iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey"),
    "policy": ("iam:CreatePolicyVersion",),
    "service account": ("iam.serviceAccounts.setIamPolicy", "iam.serviceAccountKeys.create"),
    "pool": ("iam.workloadIdentityPoolProviders.create", "iam.workloadIdentityPoolProviders.update"),
    "project": ("resourcemanager.projects.setIamPolicy",),
}
"""By kind of resource, what changes whom an identity serves, or what it may do."""

LOG_IN = ("compute.instances.osLogin", "ssm:StartSession", "ec2-instance-connect:SendSSHPublicKey")

LIST = ("storage.objects.list",)

STATE = "the state"


@dataclass(frozen=True)
class Right:
    """One right over one kind of resource, with the rows that speak of it."""

    words: str
    """As a verb, for example "read"."""
    rows: Rows
    ask: Ask


def machine_stores_are_written_by_deployments_alone(capture: Capture) -> Iterator[Finding]:
    """Machines run as root what lies there, so whoever writes it owns every machine of every tier."""
    yield from _judged(capture, STORES)


def secrets_are_read_by_their_machine_alone(capture: Capture) -> Iterator[Finding]:
    """A second reader is a second way to a key that signs packages, or to the runners of another tier."""
    yield from _judged(capture, SECRETS)


def secrets_are_changed_by_deployments_alone(capture: Capture) -> Iterator[Finding]:
    """Whoever puts a key of his own into a secret signs with it, and whoever deletes a passphrase ends its backups."""
    yield from _judged(capture, SECRET_CHANGES)


def objects_are_written_by_whom_the_table_names(capture: Capture) -> Iterator[Finding]:
    """Packages, caches of another tier, backups and the state are believed by whoever reads them next."""
    yield from _judged(capture, WRITES)


def objects_are_read_by_whom_the_table_names(capture: Capture) -> Iterator[Finding]:
    """A backup holds all that its machine has, and the state all that the program knows."""
    yield from _judged(capture, READS)


def what_is_served_is_listed_by_whom_the_table_names(capture: Capture) -> Iterator[Finding]:
    """Behind "/" of a host, a front that may list is a public listing of everything that a bucket keeps."""
    yield from _judged(capture, LISTS)


def backups_are_shortened_by_operators_alone(capture: Capture) -> Iterator[Finding]:
    """Who takes over a machine takes its backups next: whatever ends a version, a lock or a bucket is for people."""
    yield from _judged(capture, ENDS)


def identities_are_administered_by_whom_the_table_names(capture: Capture) -> Iterator[Finding]:
    """Who writes a policy or a trust has whatever they allow, at the latest one step later."""
    yield from _judged(capture, ADMINISTRATION)


def the_state_is_decrypted_by_pipelines_alone(capture: Capture) -> Iterator[Finding]:
    """The state holds every secret that the program was told, encrypted with one key."""
    yield from _judged(capture, STATE_KEY)


def parameters_are_written_by_their_hosts_alone(capture: Capture) -> Iterator[Finding]:
    """The database hosts take each other's keys from parameters: who writes one stands between them."""
    yield from _judged(capture, PARAMETERS)


def machines_obey_whom_the_table_names(capture: Capture) -> Iterator[Finding]:
    """Root on a machine is whatever the machine is, in both clouds: its secrets, its backups, its workers."""
    yield from _judged(capture, ROOTS)
    yield from _judged(capture, LOGINS)


def grants_can_be_read(capture: Capture) -> Iterator[Finding]:
    """What cannot be read is never taken for "may not": as long as there is some of it, this table may be wrong.

    Before an update much is not known yet, and is passed over.
    """
    if capture.preview:
        return
    asked = known(capture)
    for fault in asked.reach.faults:
        yield Finding(asked.registration(fault.urn), f"{fault.place}: {fault.message}")


def _judged(capture: Capture, right: Right) -> Iterator[Finding]:
    asked = known(capture)
    yield from violations(asked, right.words, right.rows, asked.answers(right.ask))


def _stores(asked: Known) -> Iterable[Asked]:
    stores = [target for target in _objects(asked) if asked.crews.owner(target.urn).system == "machine store"]
    return _who_may(asked, (*VERBS["write", "objects"], *VERBS["delete", "objects"]), stores)


def _writes(asked: Known) -> Iterable[Asked]:
    others = [target for target in _objects(asked) if asked.crews.owner(target.urn).system != "machine store"]
    return _who_may(asked, (*VERBS["write", "objects"], *VERBS["delete", "objects"]), others)


def _lists(asked: Known) -> Iterable[Asked]:
    backends = asked.capture.of_type("gcp:compute/backendBucket:BackendBucket")
    served = {urn for each in backends for urn in each.property_dependencies.get("bucketName", ())}
    return _who_may(asked, LIST, [target for target in asked.targets("bucket") if target.urn in served])


def _ends(asked: Known) -> Iterable[Asked]:
    return (
        *_who_may(asked, BUCKET_CHANGES, asked.targets("bucket")),
        *_who_may(asked, VERSION_RETENTION_ACTIONS, _objects(asked)),
        *_snapshots(asked),
    )


def _secret_changes(asked: Known) -> Iterable[Asked]:
    return _who_may(asked, (*VERBS["write", "secret"], *VERBS["delete", "secret"]), asked.targets("secret"))


def _administration(asked: Known) -> Iterator[Asked]:
    for word, actions in REWRITES.items():
        yield from _who_may(asked, actions, asked.targets(word))


def _state_key(asked: Known) -> Iterable[Asked]:
    keys = [target for target in asked.targets("key") if target.cloud == "gcp" and not target.urn]
    return _who_may(asked, VERBS["use", "key"], keys)


def _roots(asked: Known) -> Iterator[Asked]:
    for machine in asked.reach.machines:
        urn = machine.registration.urn
        yield Asked(machine.principal.name, urn, asked.crews.machine(urn), asked.reach.roots(machine))


def _logins(asked: Known) -> Iterator[Asked]:
    for target in (*asked.targets("machine"), *asked.targets("a worker")):
        ways = asked.reach.who_may(LOG_IN, [target])
        yield Asked(target.words, target.urn, asked.crews.machine(target.urn), ways)


def _who_may(asked: Known, actions: Iterable[str], targets: Iterable[Target]) -> Iterator[Asked]:
    listed = tuple(actions)
    for target in targets:
        owners = asked.crews.of_project(target.words.removeprefix("project ")) if _is_project(target) else ""
        yield Asked(target.words, target.urn, _whose(asked, target), asked.reach.who_may(listed, [target]), owners)


def _whose(asked: Known, target: Target) -> str:
    if _is_project(target):
        return asked.crews.project(target.words.removeprefix("project "))
    return str(asked.crews.owner(target.urn)) if target.urn else STATE


def _is_project(target: Target) -> bool:
    return target.words.startswith("project ")


def _objects(asked: Known) -> Iterator[Target]:
    """Objects of every bucket; of the state what is no lock, which a preview writes as well."""
    for target in asked.targets("objects"):
        yield target if target.urn else objects(_without_objects(asked, target), ".pulumi/stacks/*")


def _without_objects(asked: Known, target: Target) -> Target:
    name = target.name.partition("/objects/")[0]
    return next(bucket for bucket in asked.targets("bucket") if bucket.name == name)


def _snapshots(asked: Known) -> Iterator[Asked]:
    """Snapshots come and go by themselves, so they have no registration."""
    for administrator in asked.reach.administrators:
        name, owners = administrator.name, asked.crews.of(administrator)
        if name.isdigit():
            target = Target("snapshots", "aws", f"arn:aws:ec2:*:{name}:snapshot/*", account=name)
            action, whose = "ec2:DeleteSnapshot", "snapshots on AWS"
        else:
            target = Target("snapshots", "gcp", f"projects/{name}/global/snapshots/*", scopes=(f"project:{name}",))
            action, whose = "compute.snapshots.delete", "snapshots on GCP"
        yield Asked(f"snapshots of disks in {name}", "", whose, asked.reach.who_may([action], [target]), owners)


STORES = Right("write", table.MACHINE_STORES, _stores)
SECRETS = Right("read", table.SECRETS, lambda asked: _who_may(asked, VERBS["read", "secret"], asked.targets("secret")))
SECRET_CHANGES = Right("change", table.SECRET_CHANGES, _secret_changes)
WRITES = Right("write", table.OBJECTS, _writes)
READS = Right("read", table.READS, lambda asked: _who_may(asked, VERBS["read", "objects"], _objects(asked)))
LISTS = Right("list", table.LISTS, _lists)
ENDS = Right("end before its time", table.RETENTION, _ends)
ADMINISTRATION = Right("administer", table.IDENTITIES, _administration)
STATE_KEY = Right("use", table.STATE_KEY, _state_key)
PARAMETERS = Right(
    "write", table.PARAMETERS, lambda asked: _who_may(asked, VERBS["write", "parameter"], asked.targets("parameter"))
)
ROOTS = Right("become root on", table.ROOTS, _roots)
LOGINS = Right("log in to", table.ROOTS, _logins)

RIGHTS = (
    *(ROOTS, LOGINS, STORES, SECRETS, SECRET_CHANGES, WRITES, READS, LISTS),
    *(ENDS, ADMINISTRATION, STATE_KEY, PARAMETERS),
)
"""Every right that the table speaks of; what weighs most comes first."""
