"""Invented outputs: what the clouds would answer when a resource is created.

Only outputs that the program uses need to be here. One that is missing stays unknown, and a test fails on any unknown
value in a run with final values, so a gap cannot hide.
"""

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from capture.registration import Value

OutputValue = str | int | list[str] | list[dict[str, str]]


@dataclass(frozen=True)
class Reply:
    """Physical id and outputs of a new resource."""

    id: str
    outputs: dict[str, OutputValue]


def reply(resource_type: str, name: str, inputs: Mapping[str, Value], provider: Mapping[str, Value]) -> Reply:
    """The reply for any type: by its own rule where there is one, else the usual id, name and links of its cloud."""
    match resource_type.partition(":")[0]:
        case "gcp":
            return _gcp(resource_type, name, inputs, provider)
        case "aws":
            return _aws(resource_type, name, inputs, provider)
        case _:
            return Reply(f"{name}-id", {})


def _gcp(resource_type: str, name: str, inputs: Mapping[str, Value], provider: Mapping[str, Value]) -> Reply:
    project = _text(inputs, "project") or _text(provider, "project")
    physical = _text(inputs, "name") or _text(inputs, "secretId") or f"{name}-{_hex(name, 7)}"
    kind = resource_type.rpartition(":")[2]
    place = _text(inputs, "zone") or _text(inputs, "region") or "global"
    identifier = f"projects/{project}/{place}/{kind}/{physical}"
    outputs: dict[str, OutputValue] = {
        "name": physical,
        "project": project,
        "selfLink": f"https://www.googleapis.com/compute/v1/{identifier}",
    }
    return Reply(identifier, outputs | _gcp_outputs(resource_type, name, inputs, project))


def _gcp_outputs(resource_type: str, name: str, inputs: Mapping[str, Value], project: str) -> dict[str, OutputValue]:
    match resource_type:
        case "gcp:compute/address:Address" | "gcp:compute/globalAddress:GlobalAddress":
            ipv6 = _text(inputs, "ipVersion") == "IPV6"
            return {"address": f"2001:db8::{_hex(name, 4)}" if ipv6 else _documentation_address(name)}
        case "gcp:dns/managedZone:ManagedZone":
            return {"nameServers": [f"ns-{number}.example.net." for number in range(1, 5)]}
        case "gcp:storage/bucket:Bucket":
            return {"projectNumber": int(_hex(project, 9), 16)}
        case "gcp:certificatemanager/dnsAuthorization:DnsAuthorization":
            challenge = f"{_hex(name, 8)}.authorize.example.net."
            return {
                "dnsResourceRecords": [
                    {"name": f"_acme-challenge.{_text(inputs, 'domain')}.", "type": "CNAME", "data": challenge}
                ]
            }
        case "gcp:compute/haVpnGateway:HaVpnGateway":
            return {"vpnInterfaces": [{"ipAddress": _documentation_address(f"{name}-{index}")} for index in (0, 1)]}
        case "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig":
            return {"uptimeCheckId": name}
        case "gcp:compute/instanceTemplate:InstanceTemplate":
            unique = f"https://www.googleapis.com/compute/v1/projects/{project}/global/instanceTemplates/{name}"
            return {"selfLinkUnique": f"{unique}?uniqueId={int(_hex(name, 15), 16)}"}
        case "gcp:logging/projectSink:ProjectSink":
            number = int(_hex(project, 9), 16)
            return {"writerIdentity": f"serviceAccount:service-{number}@gcp-sa-logging.iam.gserviceaccount.com"}
        case "gcp:projects/iAMCustomRole:IAMCustomRole":
            return {"name": f"projects/{project}/roles/{_text(inputs, 'roleId')}"}
        case "gcp:compute/instance:Instance":
            return {"instanceId": str(int(_hex(name, 15), 16))}
        case "gcp:iam/workloadIdentityPool:WorkloadIdentityPool":
            return {"name": _pool(inputs, project)}
        case "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider":
            return {"name": f"{_pool(inputs, project)}/providers/{_text(inputs, 'workloadIdentityPoolProviderId')}"}
        case "gcp:monitoring/notificationChannel:NotificationChannel":
            return {"name": f"projects/{project}/notificationChannels/{int(_hex(name, 15), 16)}"}
        case "gcp:serviceaccount/account:Account":
            email = f"{_text(inputs, 'accountId')}@{project}.iam.gserviceaccount.com"
            return {
                "name": f"projects/{project}/serviceAccounts/{email}",
                "email": email,
                "member": f"serviceAccount:{email}",
                "uniqueId": str(int(_hex(name, 16), 16)),
            }
        case _:
            return {}


def _pool(inputs: Mapping[str, Value], project: str) -> str:
    number = int(_hex(project, 9), 16)
    return f"projects/{number}/locations/global/workloadIdentityPools/{_text(inputs, 'workloadIdentityPoolId')}"


def _aws(resource_type: str, name: str, inputs: Mapping[str, Value], provider: Mapping[str, Value]) -> Reply:
    allowed = provider.get("allowedAccountIds")
    account = "".join(character for character in str(allowed) if character.isdigit())
    region = _text(inputs, "region") or _text(provider, "region")
    kind = resource_type.split(":")[1].partition("/")[2]
    physical = _text(inputs, "name") or f"{name}-{_hex(name, 7)}"
    arn = _arn(resource_type, f"{region}:{account}", physical, inputs)
    outputs: dict[str, OutputValue] = {"name": physical, "arn": arn}
    outputs |= _aws_outputs(resource_type, name, inputs, physical, account)
    return Reply(f"{kind.lower()}-{_hex(name, 17)}", outputs)


def _arn(resource_type: str, place: str, physical: str, inputs: Mapping[str, Value]) -> str:
    """The ARN as each service writes it (service authorisation reference), so that policy documents can be checked."""
    service, _, kind = resource_type.split(":")[1].partition("/")
    match resource_type:
        case "aws:s3/bucket:Bucket":
            return f"arn:aws:s3:::{_text(inputs, 'bucket') or physical}"
        case "aws:secretsmanager/secret:Secret":
            return f"arn:aws:secretsmanager:{place}:secret:{physical}-{_hex(physical, 6)}"
        case "aws:cloudwatch/logGroup:LogGroup":
            return f"arn:aws:logs:{place}:log-group:{physical}"
        case "aws:sns/topic:Topic" | "aws:sqs/queue:Queue":
            return f"arn:aws:{service}:{place}:{physical}"
        case "aws:ssm/parameter:Parameter":
            return f"arn:aws:ssm:{place}:parameter/{physical.lstrip('/')}"
        case "aws:autoscaling/group:Group":
            return f"arn:aws:autoscaling:{place}:autoScalingGroup:{_hex(physical, 32)}:autoScalingGroupName/{physical}"
        case "aws:ebs/volume:Volume":
            return f"arn:aws:ec2:{place}:volume/{physical}"
        case _:
            return f"arn:aws:{service}:{place}:{kind}/{physical}"


def _aws_outputs(
    resource_type: str, name: str, inputs: Mapping[str, Value], physical: str, account: str
) -> dict[str, OutputValue]:
    match resource_type:
        case "aws:ec2/eip:Eip":
            return {"publicIp": _documentation_address(name), "allocationId": f"eipalloc-{_hex(name, 17)}"}
        case "aws:ec2/launchTemplate:LaunchTemplate":
            return {"latestVersion": 1}
        case "aws:ec2/vpnConnection:VpnConnection":
            return _tunnel_addresses(name, inputs)
        case "aws:eks/cluster:Cluster":
            return {"endpoint": f"https://{_hex(name, 32)}.eks.example.com"}
        case "aws:ec2/networkInterface:NetworkInterface":
            return {"privateIp": _documentation_address(name)}
        case "aws:iam/role:Role" | "aws:iam/policy:Policy":
            kind = resource_type.rpartition(":")[2].lower()
            return {"arn": f"arn:aws:iam::{account}:{kind}/{physical}"}
        case _:
            return {}


def _tunnel_addresses(name: str, inputs: Mapping[str, Value]) -> dict[str, OutputValue]:
    """AWS takes the first address inside a tunnel, the customer's gateway the second."""
    outputs: dict[str, OutputValue] = {}
    for tunnel in ("tunnel1", "tunnel2"):
        inside = ipaddress.IPv4Network(_text(inputs, f"{tunnel}InsideCidr"))
        outputs[f"{tunnel}Address"] = _documentation_address(f"{name}-{tunnel}")
        outputs[f"{tunnel}VgwInsideAddress"] = str(inside[1])
        outputs[f"{tunnel}CgwInsideAddress"] = str(inside[2])
    return outputs


def _text(values: Mapping[str, Value], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""


def _hex(name: str, length: int) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:length]


def _documentation_address(name: str) -> str:
    """An address of TEST-NET-3 (RFC 5737), the same for the same name."""
    return f"203.0.113.{int(_hex(name, 2), 16) % 254 + 1}"
