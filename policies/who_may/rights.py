"""The rows of the table about rights in the clouds: nobody else gets them, by whatever number of steps."""

from collections.abc import Iterable, Iterator, Mapping

from capture import Capture
from policies.policy import Finding
from policies.who_may import table
from policies.who_may.known import Asked, Known, known, violations
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

STATE = "the state"


def machine_stores_are_written_by_deployments_alone(capture: Capture) -> Iterator[Finding]:
    """Machines run as root what lies there, so whoever writes it owns every machine of every tier."""
    asked = known(capture)
    stores = [target for target in _objects(asked) if asked.crews.owner(target.urn).system == "machine store"]
    actions = (*VERBS["write", "objects"], *VERBS["delete", "objects"])
    yield from violations(asked, "write", table.MACHINE_STORES, _who_may(asked, actions, stores))


def secrets_are_read_by_their_machine_alone(capture: Capture) -> Iterator[Finding]:
    """A second reader is a second way to a key that signs packages, or to the runners of another tier."""
    asked = known(capture)
    secrets = asked.targets("secret")
    yield from violations(asked, "read", table.SECRETS, _who_may(asked, VERBS["read", "secret"], secrets))


def secrets_are_changed_by_deployments_alone(capture: Capture) -> Iterator[Finding]:
    """Whoever puts a key of his own into a secret signs with it, and whoever deletes a passphrase ends its backups."""
    asked = known(capture)
    actions = (*VERBS["write", "secret"], *VERBS["delete", "secret"])
    yield from violations(asked, "change", table.SECRET_CHANGES, _who_may(asked, actions, asked.targets("secret")))


def objects_are_written_by_whom_the_table_names(capture: Capture) -> Iterator[Finding]:
    """Packages, caches of another tier, backups and the state are believed by whoever reads them next."""
    asked = known(capture)
    others = [target for target in _objects(asked) if asked.crews.owner(target.urn).system != "machine store"]
    actions = (*VERBS["write", "objects"], *VERBS["delete", "objects"])
    yield from violations(asked, "write", table.OBJECTS, _who_may(asked, actions, others))


def objects_are_read_by_whom_the_table_names(capture: Capture) -> Iterator[Finding]:
    """A backup holds all that its machine has, and the state all that the program knows."""
    asked = known(capture)
    yield from violations(asked, "read", table.READS, _who_may(asked, VERBS["read", "objects"], _objects(asked)))


def backups_are_shortened_by_operators_alone(capture: Capture) -> Iterator[Finding]:
    """Who takes over a machine takes its backups next: whatever ends a version, a lock or a bucket is for people."""
    asked = known(capture)
    ends = (
        *_who_may(asked, BUCKET_CHANGES, asked.targets("bucket")),
        *_who_may(asked, VERSION_RETENTION_ACTIONS, _objects(asked)),
        *_snapshots(asked),
    )
    yield from violations(asked, "end before its time", table.RETENTION, ends)


def identities_are_administered_by_whom_the_table_names(capture: Capture) -> Iterator[Finding]:
    """Who writes a policy or a trust has whatever they allow, at the latest one step later."""
    asked = known(capture)
    for word, actions in REWRITES.items():
        yield from violations(asked, "administer", table.IDENTITIES, _who_may(asked, actions, asked.targets(word)))


def the_state_is_decrypted_by_pipelines_alone(capture: Capture) -> Iterator[Finding]:
    """The state holds every secret that the program was told, encrypted with one key."""
    asked = known(capture)
    keys = [target for target in asked.targets("key") if target.cloud == "gcp" and not target.urn]
    yield from violations(asked, "use", table.STATE_KEY, _who_may(asked, VERBS["use", "key"], keys))


def parameters_are_written_by_their_hosts_alone(capture: Capture) -> Iterator[Finding]:
    """The database hosts take each other's keys from parameters: who writes one stands between them."""
    asked = known(capture)
    parameters = asked.targets("parameter")
    yield from violations(asked, "write", table.PARAMETERS, _who_may(asked, VERBS["write", "parameter"], parameters))


def machines_obey_whom_the_table_names(capture: Capture) -> Iterator[Finding]:
    """Root on a machine is whatever the machine is, in both clouds: its secrets, its backups, its workers."""
    asked = known(capture)
    roots = (
        Asked(machine.principal.name, urn, asked.crews.machine(urn), asked.reach.roots(machine))
        for machine in asked.reach.machines
        if (urn := machine.registration.urn)
    )
    yield from violations(asked, "become root on", table.ROOTS, roots)
    logins = (
        Asked(target.words, target.urn, asked.crews.machine(target.urn), asked.reach.who_may(LOG_IN, [target]))
        for target in (*asked.targets("machine"), *asked.targets("a worker"))
    )
    yield from violations(asked, "log in to", table.ROOTS, logins)


def grants_can_be_read(capture: Capture) -> Iterator[Finding]:
    """What cannot be read is never taken for "may not": as long as there is some of it, this table may be wrong.

    Before an update much is not known yet, and is passed over.
    """
    if capture.preview:
        return
    asked = known(capture)
    for fault in asked.reach.faults:
        yield Finding(asked.registration(fault.urn), f"{fault.place}: {fault.message}")


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
