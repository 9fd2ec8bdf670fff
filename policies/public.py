"""Public by a switch: of a service, of an object, of the metadata that lets people in."""

from collections.abc import Iterator, Mapping

from capture import Capture, Value
from capture.registration import leaves
from policies.policy import Finding
from policies.values import at, mapping, text

SWITCHES: Mapping[str, tuple[Value, ...]] = {
    "acl": ("public-read", "public-read-write", "authenticated-read"),
    "predefinedAcl": ("publicRead", "publicReadWrite", "authenticatedRead"),
    "publicNetworkAccess": (True, "Enabled"),
    "publiclyAccessible": (True,),
}
"""Inputs of both clouds, by their name wherever they stand, and the values that open to the world."""

METADATA_KEYS = (
    *("block-project-ssh-keys", "enable-oslogin", "packyard-document", "serial-port-enable"),
    *("startup-script", "user-data"),
)
"""What machines on GCP read. Others let people in (ssh-keys), hand out what runs there, or run something."""


def nothing_is_public_by_a_switch(capture: Capture) -> Iterator[Finding]:
    """Each service has a switch of its own that makes it reachable for everyone."""
    for registration in capture.resources:
        for path, value in leaves(registration.inputs):
            name = path.rpartition(".")[2]
            if name in SWITCHES and value in SWITCHES[name]:
                yield Finding(registration, f"{path} opens it to the world. HINT: leave it out")


def metadata_holds_known_keys(capture: Capture) -> Iterator[Finding]:
    """Everybody on a machine reads its metadata, and some keys let people in past OS Login."""
    for token in ("gcp:compute/instance:Instance", "gcp:compute/instanceTemplate:InstanceTemplate"):
        for machine in capture.of_type(token):
            for key in mapping(at(machine.inputs, "metadata")):
                if key not in METADATA_KEYS:
                    yield Finding(machine, f"has the metadata key {text(key)}. HINT: the machine document, or a reason")


def projects_say_nothing_to_all_machines(capture: Capture) -> Iterator[Finding]:
    """Metadata of a project holds for every machine in it, SSH keys and start scripts included."""
    for kind in ("projectMetadata:ProjectMetadata", "projectMetadataItem:ProjectMetadataItem"):
        for entry in capture.of_type(f"gcp:compute/{kind}"):
            yield Finding(entry, "tells every machine of the project. HINT: the metadata of the one machine")
