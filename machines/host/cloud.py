"""Requests to the interfaces of either cloud, with errors that name who was asked and what they answered."""

import http.client
import json
import re
import urllib.error
import urllib.parse
from collections.abc import Mapping
from typing import Any, cast

import fetch

from host.errors import HostError

REASON_LENGTH = 300


class RefusalError(HostError):
    """An answer, but not the one that was asked for."""

    def __init__(self, what: str, status: int, reason: str) -> None:
        super().__init__(f"{what} answered {status}: {reason}")
        self.status = status
        self.reason = reason


def ask(what: str, url: str, headers: Mapping[str, str], method: str = "GET", data: bytes | None = None) -> bytes:
    """One request. Raises RefusalError with the reason that was answered, HostError where nothing was."""
    try:
        return fetch.call(url, headers, method, data)
    except urllib.error.HTTPError as error:
        raise RefusalError(what, error.code, _reason(error)) from None
    except (OSError, http.client.HTTPException) as error:
        place = urllib.parse.urlsplit(url).netloc
        raise HostError(f"{what} cannot be reached at {place}: {error}", f"getent hosts {place}") from None


def record(answer: bytes, what: str) -> dict[str, Any]:
    """An answer that must be a JSON object. Raises HostError."""
    try:
        content: Any = json.loads(answer)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise HostError(f"{what} answered with something else than a JSON object")
    return cast("dict[str, Any]", content)


def _reason(error: urllib.error.HTTPError) -> str:
    """The text of an answer in one line: the message of a JSON or XML error, else its beginning."""
    try:
        text = error.read().decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return str(error.reason)
    names = ("error_description", "message", "Message", "__type", "Code")
    found = [
        match[1] for name in names if (match := re.search(rf'(?:"{name}"\s*:\s*"|<{name}>)([^"<]+)', text)) is not None
    ]
    return " ".join((": ".join(found) or text or str(error.reason)).split())[:REASON_LENGTH]
