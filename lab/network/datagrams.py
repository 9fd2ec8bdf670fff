"""Servers of datagrams in a lab network, answered by plain functions."""

import socket
import threading
from collections.abc import Callable

from lab.network.network import LabNetwork

Answer = Callable[[bytes], bytes | None]
"""What is sent back; nothing for None."""


def serve_datagrams(
    network: LabNetwork, server: socket.socket, answer: Answer, *, to: tuple[str, int] | None = None
) -> None:
    """Answers whoever asked, or always the same address, until the network is closed."""
    server.settimeout(0.5)
    closed = threading.Event()

    def serve() -> None:
        while not closed.is_set():
            try:
                request, asker = server.recvfrom(2048)
            except TimeoutError:
                continue
            reply = answer(request)
            if reply is not None:
                server.sendto(reply, to or asker)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()

    def close() -> None:
        closed.set()
        thread.join()
        server.close()

    network.when_closed(close)
