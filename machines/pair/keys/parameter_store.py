"""SSM Parameter Store, in which the hosts lay out what the other may see. Nothing in it is secret."""

import json
from collections.abc import Mapping
from typing import Any

from host.cloud import ask, record
from host.errors import HostError
from host.identity import AwsIdentity

UNSET = "unset"
"""What a parameter holds until its owner has written it; AWS takes no empty one."""

LIMIT = 4096
"""Bytes of a standard parameter (AWS, "Managing parameter tiers")."""

WHAT = "the Parameter Store"


class ParameterStore:
    """The parameters below one path."""

    def __init__(self, region: str, prefix: str, identity: AwsIdentity) -> None:
        self._region = region
        self._prefix = prefix
        self._identity = identity

    def read(self) -> dict[str, str]:
        """All parameters that somebody has written, by their name below the path. Raises HostError."""
        found: dict[str, str] = {}
        page: dict[str, Any] = {}
        while True:
            answer = self._call("GetParametersByPath", {"Path": self._prefix, "Recursive": True, **page})
            for parameter in answer.get("Parameters", []):
                if parameter["Value"] != UNSET:
                    found[parameter["Name"].removeprefix(f"{self._prefix}/")] = parameter["Value"]
            if not answer.get("NextToken"):
                return found
            page = {"NextToken": answer["NextToken"]}

    def write(self, name: str, value: str) -> None:
        """Replaces the value of a parameter that exists. Raises HostError."""
        if len(value.encode()) > LIMIT:
            raise HostError(f"{name} would have {len(value.encode())} bytes, a parameter takes {LIMIT}")
        self._call("PutParameter", {"Name": f"{self._prefix}/{name}", "Value": value, "Overwrite": True})

    def _call(self, action: str, content: Mapping[str, Any]) -> dict[str, Any]:
        url, body = f"https://ssm.{self._region}.amazonaws.com/", json.dumps(content).encode()
        more = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"AmazonSSM.{action}"}
        headers = self._identity.signed(url, body, "ssm", self._region, more)
        return record(ask(WHAT, url, headers, "POST", body), WHAT)
