"""From the protobuf values of a registration request to plain frozen values."""

import hashlib
import json
from collections.abc import Mapping

from google.protobuf.struct_pb2 import Struct
from google.protobuf.struct_pb2 import Value as WireValue
from pulumi.runtime.rpc import UNKNOWN

from capture.registration import Asset, Secret, Unknown, Value

# Marks that the Pulumi wire protocol puts into maps (sdk/proto, "Special signature keys"); they never change.
SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 -- a mark of the protocol, no secret
ASSET_SIGNATURE = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE_SIGNATURE = "0def7320c3a5731c473e5ecbe6d01bc7"
RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e"


def plain_struct(struct: Struct) -> dict[str, Value]:
    """All properties of a request, by name: protobuf gives them in an order that differs from run to run."""
    return {key: plain(value) for key, value in sorted(struct.fields.items())}


SECRET_BY_SDK: Mapping[str, str] = {"gcp:storage/bucketObject:BucketObject": "content"}
"""Properties that an SDK marks as secret whatever they hold, by type (pulumi_gcp, BucketObject)."""


def readable_inputs(resource_type: str, struct: Struct) -> dict[str, Value]:
    """All inputs, without the marks that are the SDK's own: machine documents are objects, and reviewers must see them.

    Nothing secret can show by this, since a capture holds placeholders in place of secure values.
    """
    inputs = plain_struct(struct)
    marked = inputs.get(SECRET_BY_SDK.get(resource_type, ""))
    return inputs if not isinstance(marked, Secret) else {**inputs, SECRET_BY_SDK[resource_type]: marked.plain}


def plain(value: WireValue) -> Value:
    """One value; whole numbers come back as int, because the wire knows doubles alone."""
    match value.WhichOneof("kind"):
        case "string_value":
            return Unknown() if value.string_value == UNKNOWN else value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "list_value":
            return tuple(plain(item) for item in value.list_value.values)
        case "struct_value":
            return _mapping(value.struct_value)
        case _:
            return None


def _mapping(struct: Struct) -> Value:
    fields = struct.fields
    match fields[SIGNATURE_KEY].string_value if SIGNATURE_KEY in fields else "":
        case "":
            return plain_struct(struct)
        case signature if signature == SECRET_SIGNATURE:
            secret = plain(fields["value"])
            return Secret(digest=digest(repr(secret)), plain=secret)
        case signature if signature == RESOURCE_SIGNATURE:
            return fields["urn"].string_value
        case _:
            return _asset(struct)


def _asset(struct: Struct) -> Asset:
    parts = {key: value for key, value in plain_struct(struct).items() if key != SIGNATURE_KEY}
    source = parts.get("path") or parts.get("uri")
    content = json.dumps(parts, sort_keys=True, default=repr)
    return Asset(digest=digest(content), source=source if isinstance(source, str) else "text")


def digest(text: str) -> str:
    """A short digest, enough to see that a value changed."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
