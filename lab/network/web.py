"""HTTP and HTTPS servers in a lab network, answered by plain functions."""

import ssl
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lab.network.network import LabNetwork

LOOPBACK = "127.0.0.1"
"""Where only programs of the lab itself are: no machine reaches it."""


@dataclass(frozen=True)
class Request:
    """What a machine asked."""

    client: str
    """Its address."""
    method: str
    host: str
    path: str
    """With the query."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    is_encrypted: bool = True
    """Whether it came over TLS."""


@dataclass(frozen=True)
class Reply:
    """What it is told."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    promised: int | None = None
    """Content-Length where it is not the length of the body: the connection ends early."""


Answer = Callable[[Request], Reply]


def serve(network: LabNetwork, address: str, port: int, answer: Answer, certificate: Path | None = None) -> None:
    """Answers until the network is closed; with a certificate (and a .key beside it) over TLS."""
    listener = network.listen(address, port)
    server = _Server((address, port), _handler(answer, over_tls=certificate is not None), bind_and_activate=False)
    server.socket.close()
    server.daemon_threads = True
    server.socket = listener
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        # Each connection shakes hands in its own thread, or one slow client would hold up all others.
        server.socket = context.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def close() -> None:
        server.shutdown()
        server.server_close()

    network.when_closed(close)


@contextmanager
def on_loopback(answer: Answer) -> Generator[int]:
    """Answers programs of this host, without a network of the lab, and tells the port.

    It is a proxy as well: a client that is told so asks by the names of the cloud's hosts, without TLS.
    """
    server = _Server((LOOPBACK, 0), _handler(answer, over_tls=False))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away says nothing about the machine; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)


def _handler(answer: Answer, *, over_tls: bool) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are two packets, and the second would wait for the receipt of the first: 40 ms a request.
        disable_nagle_algorithm = True

        def _reply(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            client, encrypted = str(self.client_address[0]), over_tls
            if client == LOOPBACK:
                # The front server says for whom it asks, and how; a machine could say that it is another one.
                client, encrypted = headers.get("x-real-ip", client), headers.get("x-forwarded-proto") == "https"
            host, path = headers.get("host", ""), self.path
            if path.startswith("http://"):
                # What a proxy is asked for is a whole address.
                host, _, path = path.removeprefix("http://").partition("/")
                path = f"/{path}"
            reply = answer(Request(client, self.command, host, path, headers, body=body, is_encrypted=encrypted))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) if reply.promised is None else reply.promised))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)
            self.close_connection = reply.promised is not None

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _reply  # noqa: N815 -- names of http.server

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- a parameter of http.server
            """Says nothing: the tests look at what was asked."""

    return Handler
