"""`packagectl tokens`: what Pulp takes for a metadata service, on loopback: tokens for the bucket of pre-releases.

What parses uploads may not ask the metadata service, whose token is the whole machine's: with it, it could write
releases and read the keys that sign them. So this process, of a user of its own, trades that token for one of fewer
rights (Google, "Downscope with Credential Access Boundaries") and hands it to Pulp's users, whom it knows by their
sockets.
"""

import argparse
import json
import pwd
import sys
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from host.errors import HostError
from host.identity import google_exchange, google_headers, google_project

from packages.places import PULP_USERS
from packages.settings import PackageSettings

LOOPBACK = "127.0.0.1"
ROLE = "inRole:roles/storage.objectUser"
"""What the machine may do in its buckets, and here in one of them."""

RENEW_SECONDS = 600
"""Before a token ends. Google's library asks for another one less than four minutes before the end."""

ACCOUNT = "/computeMetadata/v1/instance/service-accounts/default"
FLAVOR = ("Metadata-Flavor", "Google")
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 -- the name of a kind
CONNECTIONS = Path("/proc/net/tcp")


@dataclass
class Tokens:
    """The newest token for a bucket."""

    bucket: str
    _token: str = ""
    _ends: float = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self) -> str:
        """As the metadata service would say it. Raises HostError where the cloud gives none."""
        with self._lock:
            if self._ends - time.time() < RENEW_SECONDS:
                self._token, seconds = downscoped(self.bucket)
                self._ends = time.time() + seconds
            left = int(self._ends - time.time())
            return json.dumps({"access_token": self._token, "expires_in": left, "token_type": "Bearer"})


def downscoped(bucket: str) -> tuple[str, float]:
    """A token of this machine that holds for one bucket, and its seconds. Raises HostError."""
    boundary = {
        "accessBoundary": {
            "accessBoundaryRules": [
                {
                    "availableResource": f"//storage.googleapis.com/projects/_/buckets/{bucket}",
                    "availablePermissions": [ROLE],
                }
            ]
        }
    }
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": ACCESS_TOKEN,
        "requested_token_type": ACCESS_TOKEN,
        "subject_token": google_headers()["Authorization"].removeprefix("Bearer "),
        "options": json.dumps(boundary),
    }
    answer = google_exchange("application/x-www-form-urlencoded", urllib.parse.urlencode(form).encode())
    # It ends with the token that it was made of, and then Google does not say when: a fresh one has an hour.
    return str(answer["access_token"]), float(answer.get("expires_in", 2 * RENEW_SECONDS))


def user_of(address: tuple[str, int], connections: str) -> int | None:
    """Who holds the other end of a connection over loopback, by the kernel's list (proc_net_tcp(5))."""
    host = "".join(f"{int(part):02X}" for part in reversed(address[0].split(".")))
    wanted = f"{host}:{address[1]:04X}"
    for line in connections.splitlines()[1:]:
        words = line.split()
        if words[1] == wanted:
            return int(words[7])
    return None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""
    del parser


def run(options: argparse.Namespace, settings: PackageSettings) -> int:
    """Answers until it is ended. Raises HostError where the metadata service does not say which project this is."""
    del options
    users = frozenset(pwd.getpwnam(name).pw_uid for name in PULP_USERS)
    ThreadingHTTPServer(
        (LOOPBACK, settings.metadata_port), _handler(Tokens(settings.bucket), google_project(), users)
    ).serve_forever()
    return 0


def _handler(tokens: Tokens, project: str, users: frozenset[int]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            host, port = self.client_address[:2]
            if user_of((str(host), int(port)), CONNECTIONS.read_text(encoding="ascii")) not in users:
                self._reply(403, "no user of Pulp")
            elif self.headers.get(FLAVOR[0]) != FLAVOR[1]:
                self._reply(403, "no Metadata-Flavor")
            else:
                self._answer(urllib.parse.urlsplit(self.path).path.rstrip("/"))

        def _answer(self, path: str) -> None:
            if path == f"{ACCOUNT}/token":
                try:
                    self._reply(200, tokens.answer(), "application/json")
                except HostError as error:
                    sys.stderr.write(f"packagectl tokens: {error}\n")
                    self._reply(503, "the cloud gives no token")
            elif path == ACCOUNT:
                # No address: Google's library would ask further interfaces about one.
                self._reply(200, json.dumps({"email": "default", "scopes": []}), "application/json")
            elif path == "/computeMetadata/v1/project/project-id":
                self._reply(200, project)
            else:
                self._reply(200 if path == "" else 404, "")

        def _reply(self, status: int, text: str, kind: str = "text/plain") -> None:
            content = text.encode()
            self.send_response(status)
            self.send_header(*FLAVOR)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- a parameter of http.server
            """Says nothing of who got a token in time."""

    return Handler
