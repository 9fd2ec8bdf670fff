"""Pulp's interface (REST API, version 3), over the socket of its own machine."""

import base64
import http.client
import json
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from host.errors import HostError

PATIENCE = 60
"""Seconds for one answer."""

TASK_SECONDS = 600
PAUSE = 0.5
PAGE = 100
REASON_LENGTH = 300

Object = Mapping[str, Any]


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self._path = path

    def connect(self) -> None:
        """To the socket in place of an address."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(str(self._path))


ROOT = "/pulp/api/v3/"


def served(path: Path, address: str) -> bytes:
    """What Pulp's content app serves below an address. Raises HostError."""
    status, content = _answer(path, "packages-content", "GET", address)
    if status != http.client.OK:
        raise HostError(f"Pulp answered {status} to {address}", "packagectl status; is it published?")
    return content


def _answer(
    path: Path,
    unit: str,
    method: str,
    address: str,
    *,
    body: str | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, bytes]:
    """Status and content of one request to the socket of a unit. Raises HostError where it says nothing."""
    connection = _Connection(path)
    try:
        connection.request(method, address, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise HostError(f"Pulp does not answer at {path}: {error}", f"systemctl status {unit}") from None
    finally:
        connection.close()


class Pulp:
    """Pulp, as its admin."""

    def __init__(self, path: Path, password: str) -> None:
        self._path = path
        self._authorization = "Basic " + base64.b64encode(f"admin:{password}".encode()).decode()

    def status(self) -> Object:
        """Versions, workers and apps that are online."""
        return self._ask("GET", f"{ROOT}status/")

    def all(self, kind: str) -> Iterator[Object]:
        """Objects of a kind such as `repositories/deb/apt`, page by page."""
        return self._pages(f"{ROOT}{kind}/")

    def create(self, kind: str, content: Object) -> Object:
        """A new object of a kind, whole as soon as this returns; its task's, where Pulp makes it in one."""
        return self._done(self._ask("POST", f"{ROOT}{kind}/", content))

    def change(self, href: str, content: Object) -> Object:
        """Some fields of an object."""
        return self._done(self._ask("PATCH", href, content))

    def read(self, href: str) -> Object:
        """An object by its address."""
        return self._ask("GET", href)

    def _pages(self, address: str) -> Iterator[Object]:
        offset = 0
        while True:
            page = self._ask("GET", f"{address}?limit={PAGE}&offset={offset}")
            yield from cast("list[Object]", page["results"])
            offset += PAGE
            if page["next"] is None:
                return

    def _done(self, answer: Object) -> Object:
        """What a task has made. Raises HostError where it failed or does not end."""
        if "task" not in answer:
            return answer
        until = time.monotonic() + TASK_SECONDS
        while time.monotonic() < until:
            task = self.read(str(answer["task"]))
            if task["state"] == "completed":
                return task
            if task["state"] in ("failed", "canceled"):
                error = cast("Object", task.get("error") or {})
                reason = error.get("description", "it does not say why")
                raise HostError(f"Pulp's task {task['name']} {task['state']}: {reason}")
            time.sleep(PAUSE)
        raise HostError(
            f"Pulp's task {answer['task']} did not end within {TASK_SECONDS} s", "systemctl status 'packages-worker*'"
        )

    def _ask(self, method: str, address: str, content: Object | None = None) -> Object:
        body = None if content is None else json.dumps(content)
        headers = {"Authorization": self._authorization, "Content-Type": "application/json"}
        status, answer = _answer(self._path, "packages-api", method, address, body=body, headers=headers)
        text = answer.decode(errors="replace")
        if status >= http.client.BAD_REQUEST:
            reason = " ".join(text.split())[:REASON_LENGTH]
            raise HostError(f"Pulp answered {status} to {method} {address}: {reason}")
        return cast("Object", json.loads(text)) if text else {}
