"""What AWS would decide about a request, for the few operators that our policies use.

An operator that is not known here raises, so that no condition is passed over in a test.
"""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from capture.registration import Value

TLS = {"aws:SecureTransport": "true"}


def statements(policy: Value) -> list[dict[str, Any]]:
    """The statements of a policy document as it was registered."""
    assert isinstance(policy, str), "the policy is not known"
    return json.loads(policy)["Statement"]


def denies(policy: Value, action: str, resource: str, request: Mapping[str, str]) -> bool:
    """Whether the policy refuses the request whatever else allows it. `request` holds condition keys."""
    return any(_applies(entry, "Deny", action, resource, request) for entry in statements(policy))


def allows(policy: Value, action: str, resource: str, request: Mapping[str, str] = TLS) -> bool:
    """Whether the policy grants the request and refuses nothing of it."""
    granted = any(_applies(entry, "Allow", action, resource, request) for entry in statements(policy))
    return granted and not denies(policy, action, resource, request)


def _applies(entry: dict[str, Any], effect: str, action: str, resource: str, request: Mapping[str, str]) -> bool:
    return (
        entry["Effect"] == effect
        and any(fnmatchcase(action.lower(), pattern.lower()) for pattern in _listed(entry["Action"]))
        and any(fnmatchcase(resource, pattern) for pattern in _listed(entry["Resource"]))
        and all(
            _holds(operator, request.get(key), _listed(wanted))
            for operator, keys in entry.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _holds(operator: str, value: str | None, wanted: list[str]) -> bool:
    match operator:
        case "StringEquals" | "Bool" | "ArnEquals":
            return value in wanted
        case "StringLike" | "ArnLike":
            return value is not None and any(fnmatchcase(value, pattern) for pattern in wanted)
        case "ForAnyValue:StringNotLike":
            return value is not None and not any(fnmatchcase(value, pattern) for pattern in wanted)
        case "ArnNotEquals" | "StringNotEquals":
            return value not in wanted
        case _:
            raise NotImplementedError(operator)


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
