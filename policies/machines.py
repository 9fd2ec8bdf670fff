"""Machines: their metadata service, their user data, and what keeps them from being rebuilt or deleted."""

from collections.abc import Iterator

from capture import Capture, Registration
from policies.policy import Finding
from policies.values import at, mapping, records, text

EC2_REPLACERS = ("userData", "userDataBase64", "ami")
"""Inputs of an EC2 instance whose change would rebuild it, or stop it in the middle of the day."""


def metadata_service_needs_a_token(capture: Capture) -> Iterator[Finding]:
    """IMDSv1 hands the role's keys to any request that a program on the machine can be tricked into."""
    for registration in (
        *capture.of_type("aws:ec2/instance:Instance"),
        *capture.of_type("aws:ec2/launchTemplate:LaunchTemplate"),
    ):
        if at(registration.inputs, "metadataOptions.httpTokens") != "required":
            yield Finding(registration, 'IMDSv1 is on. HINT: metadata_options with http_tokens="required"')


def administrators_log_in_by_name(capture: Capture) -> Iterator[Finding]:
    """OS Login ties SSH to a person; project-wide keys and the serial console would go around it."""
    for instance in capture.of_type("gcp:compute/instance:Instance"):
        metadata = {key.lower(): value for key, value in mapping(instance.inputs.get("metadata")).items()}
        for key, wanted in (("enable-oslogin", "TRUE"), ("block-project-ssh-keys", "TRUE")):
            if text(metadata.get(key)).upper() != wanted:
                yield Finding(instance, f"metadata {key} is not {wanted}. HINT: set {key}={wanted}")
        if text(metadata.get("serial-port-enable")).upper() in ("TRUE", "1"):
            yield Finding(instance, "the serial console is open. HINT: leave serial-port-enable out")


def containers_take_no_identity(capture: Capture) -> Iterator[Finding]:
    """An answer that crosses one more hop reaches containers, and with it the keys of the machine's role."""
    for instance in capture.of_type("aws:ec2/instance:Instance"):
        if at(instance.inputs, "metadataOptions.httpPutResponseHopLimit") != 1:
            yield Finding(instance, "containers reach its metadata. HINT: http_put_response_hop_limit=1")


def machines_hold_no_key_pair(capture: Capture) -> Iterator[Finding]:
    """Whoever has a copy of the key logs in past Session Manager, and nobody knows how many copies there are."""
    for instance in capture.of_type("aws:ec2/instance:Instance"):
        if instance.inputs.get("keyName"):
            yield Finding(instance, "lets in whoever has its key pair. HINT: leave key_name out, and use SSM")


def machines_share_no_identity(capture: Capture) -> Iterator[Finding]:
    """What one machine may do, the other may too: whoever breaks into the weaker one is both."""
    seen: dict[str, str] = {}
    for instance in (*capture.of_type("gcp:compute/instance:Instance"), *capture.of_type("aws:ec2/instance:Instance")):
        accounts = [text(account.get("email")) for account in records(instance.inputs.get("serviceAccount"))]
        for identity in filter(None, (*accounts, text(instance.inputs.get("iamInstanceProfile")))):
            if identity in seen:
                yield Finding(instance, f"has the identity of {seen[identity]}. HINT: one of its own")
            seen[identity] = instance.name


def machines_that_stay_are_never_spot(capture: Capture) -> Iterator[Finding]:
    """A cloud takes a spot machine away when it likes, and a machine that is not restarted stays away."""
    for instance in capture.of_type("gcp:compute/instance:Instance"):
        scheduling = mapping(at(instance.inputs, "scheduling"))
        if scheduling.get("provisioningModel") == "SPOT" or scheduling.get("preemptible") is True:
            yield Finding(instance, "is a spot machine. HINT: leave provisioning_model out")
        elif scheduling.get("automaticRestart") is False or scheduling.get("onHostMaintenance") == "TERMINATE":
            yield Finding(instance, "stays off after maintenance. HINT: automatic_restart=True, MIGRATE")
    for instance in capture.of_type("aws:ec2/instance:Instance"):
        if instance.inputs.get("instanceMarketOptions"):
            yield Finding(instance, "is a spot machine. HINT: leave instance_market_options out")


def gce_machines_are_shielded(capture: Capture) -> Iterator[Finding]:
    """Secure boot and measured boot make a changed boot loader visible."""
    for registration in (
        *capture.of_type("gcp:compute/instance:Instance"),
        *capture.of_type("gcp:compute/instanceTemplate:InstanceTemplate"),
    ):
        shield = mapping(at(registration.inputs, "shieldedInstanceConfig"))
        for key in ("enableSecureBoot", "enableVtpm", "enableIntegrityMonitoring"):
            if shield.get(key) is not True:
                yield Finding(registration, f"{key} is off. HINT: set all three of shielded_instance_config")


def machines_have_an_identity_of_their_own(capture: Capture) -> Iterator[Finding]:
    """The default service account of a project may do almost anything in it."""
    for instance in capture.of_type("gcp:compute/instance:Instance"):
        if not any(account.get("email") for account in records(instance.inputs.get("serviceAccount"))):
            yield Finding(instance, "runs as the default service account. HINT: service_account with its own email")


def user_data_never_rebuilds_a_machine(capture: Capture) -> Iterator[Finding]:
    """A machine with state is changed by converge; a rebuild for an edited boot script would be an outage."""
    for instance in capture.of_type("gcp:compute/instance:Instance"):
        if "metadataStartupScript" in instance.inputs:
            yield Finding(instance, "metadata_startup_script forces a rebuild. HINT: metadata user-data")
    for instance in capture.of_type("aws:ec2/instance:Instance"):
        if instance.inputs.get("userDataReplaceOnChange") is True:
            yield Finding(instance, "a change of user data rebuilds it. HINT: user_data_replace_on_change=False")
        for key in EC2_REPLACERS:
            if key in instance.inputs and key not in instance.ignore_changes:
                yield Finding(instance, f"a change of {key} replaces or stops it. HINT: ignore_changes with {key}")


def boot_disks_never_rebuild_a_machine(capture: Capture) -> Iterator[Finding]:
    """A new image is for new machines; a stateful one is rebuilt by hand, in its maintenance window."""
    for instance in capture.of_type("gcp:compute/instance:Instance"):
        if not any(path.startswith("bootDisk") for path in instance.ignore_changes):
            yield Finding(
                instance, "a new image rebuilds it. HINT: ignore_changes with bootDisk.initializeParams.image"
            )


def user_data_is_constant(capture: Capture) -> Iterator[Finding]:
    """All machines of one cloud boot from one text, so that no setting can reach user data and force a rebuild."""
    for instances in (capture.of_type("gcp:compute/instance:Instance"), capture.of_type("aws:ec2/instance:Instance")):
        first = next((_user_data(instance) for instance in instances), "")
        for instance in instances:
            if _user_data(instance) != first:
                yield Finding(instance, "its user data differs. HINT: put what differs into the machine document")


def _user_data(instance: Registration) -> str:
    metadata = mapping(instance.inputs.get("metadata"))
    return (
        text(instance.inputs.get("userData"))
        or text(instance.inputs.get("userDataBase64"))
        or text(metadata.get("user-data"))
    )
