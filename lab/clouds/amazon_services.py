"""Parameter Store and Secrets Manager, as far as a machine asks them. They refuse what the real ones refuse."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from capture import Capture
from lab.clouds.amazon_access import Access
from lab.clouds.amazon_requests import service_facts
from lab.network.web import Reply, Request
from lab.placement import output
from reach.model import Target

PARAMETER_LIMIT = 4096
"""Bytes of a standard parameter."""
PAGE = 10
"""Parameters of one answer."""
JSON = {"Content-Type": "application/x-amz-json-1.1"}


class RefusedError(Exception):
    """What the service answers in place of a result."""


@dataclass
class AmazonServices:
    """What the account holds of parameters and secrets."""

    access: Access
    parameters: dict[str, str]
    secrets: dict[str, tuple[str, str]]
    """ARN and value by name."""

    def answer(self, request: Request) -> Reply:
        """One request of the JSON protocol."""
        service, _, action = request.headers.get("x-amz-target", "").partition(".")
        name = {"AmazonSSM": "ssm", "secretsmanager": "secretsmanager"}.get(service, "")
        caller = self.access.caller(request, name)
        if not name or caller is None or not request.host.startswith(f"{name}.{self.access.region}."):
            return _refusal("UnrecognizedClientException: the security token in the request is invalid")
        content: dict[str, Any] = json.loads(request.body)
        resource, facts = self._resource(name, content), service_facts(name, content)
        if not self.access.may(request, name, f"{name}:{action}", resource, facts):
            return _refusal(f"AccessDeniedException: {caller.role} may not {name}:{action} on {resource.name}")
        acts = {
            "GetParameter": self._get,
            "GetParametersByPath": self._get_by_path,
            "PutParameter": self._put,
            "GetSecretValue": self._secret,
        }
        if action not in acts:
            return _refusal(f"UnknownOperationException: the lab has no {action}")
        try:
            return Reply(body=json.dumps(acts[action](content)).encode(), headers=JSON)
        except RefusedError as error:
            return _refusal(str(error))

    def _resource(self, service: str, content: Mapping[str, Any]) -> Target:
        name = self._found(content)[1]
        if service == "ssm":
            place = f"{self.access.region}:{self.access.account}"
            name = f"arn:aws:ssm:{place}:parameter{content.get('Name') or content.get('Path')}"
        known = self.access.rights.reach.target(name)
        return known or Target(name, "aws", name, account=self.access.account)

    def _found(self, content: Mapping[str, Any]) -> tuple[str, str, str]:
        """Name, ARN and value of a secret, which is asked for by either of the two."""
        for name, (arn, value) in self.secrets.items():
            if content.get("SecretId") in (name, arn):
                return name, arn, value
        return "", "arn:aws:secretsmanager:none", ""

    def _get(self, content: Mapping[str, Any]) -> dict[str, Any]:
        if content["Name"] not in self.parameters:
            raise RefusedError(f"ParameterNotFound: {content['Name']}")
        return {"Parameter": self._parameter(content["Name"])}

    def _get_by_path(self, content: Mapping[str, Any]) -> dict[str, Any]:
        below = content["Path"].rstrip("/") + "/"
        names = sorted(name for name in self.parameters if name.startswith(below))
        if not content.get("Recursive"):
            names = [name for name in names if "/" not in name.removeprefix(below)]
        start = int(content.get("NextToken", 0))
        page = names[start : start + PAGE]
        more = {"NextToken": str(start + PAGE)} if names[start + PAGE :] else {}
        return {"Parameters": [self._parameter(name) for name in page], **more}

    def _put(self, content: Mapping[str, Any]) -> dict[str, Any]:
        name, value = content["Name"], content["Value"]
        if name in self.parameters and not content.get("Overwrite"):
            raise RefusedError(f"ParameterAlreadyExists: {name}")
        if not value or len(value.encode()) > PARAMETER_LIMIT:
            raise RefusedError(f"ValidationException: {name} must have 1 to {PARAMETER_LIMIT} bytes")
        self.parameters[name] = value
        return {"Version": 2, "Tier": "Standard"}

    def _parameter(self, name: str) -> dict[str, str]:
        return {"Name": name, "Type": "String", "Value": self.parameters[name]}

    def _secret(self, content: Mapping[str, Any]) -> dict[str, Any]:
        name, arn, value = self._found(content)
        return {"ARN": arn, "Name": name, "SecretString": value, "VersionStages": ["AWSCURRENT"]}


def as_registered(access: Access, capture: Capture, secrets: Mapping[str, str]) -> AmazonServices:
    """Parameters with the program's first value; secrets, by name, with what an operator put into them."""
    first = {
        str(entry.inputs["name"]): str(getattr(value, "plain", value))
        for entry in capture.of_type("aws:ssm/parameter:Parameter")
        for value in _values(entry.inputs)
    }
    held = {
        name: (output(capture, entry, "arn"), secrets[name])
        for entry in capture.of_type("aws:secretsmanager/secret:Secret")
        if (name := str(entry.inputs["name"])) in secrets
    }
    return AmazonServices(access, first, held)


def _values(inputs: Mapping[str, Any]) -> list[Any]:
    return [inputs[key] for key in ("insecureValue", "value") if inputs.get(key) is not None][:1]


def _refusal(message: str) -> Reply:
    kind, _, text = message.partition(": ")
    return Reply(400, json.dumps({"__type": kind, "message": text}).encode(), JSON)
