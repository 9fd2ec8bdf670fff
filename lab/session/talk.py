"""How a command reaches a running lab: one line of JSON over a socket of root's, and lines of JSON for an answer."""

import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lab.errors import LabError

Message = Mapping[str, Any]

END = "end"
"""Key of the last line of an answer; where it is missing, the lab went away in the middle."""


class Door:
    """The end of the lab. Each question is answered in a thread of its own, until the lab closes it."""

    def __init__(self, path: Path, answer: Callable[[Message], Iterable[Message]]) -> None:
        """`answer` may raise LabError, which the other side raises in its turn."""
        self._answer = answer
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """From now on nobody is heard."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._hear, args=(connection,), daemon=True).start()

    def _hear(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rw", encoding="utf-8") as file:
                for message in self._answers(file.readline()):
                    file.write(json.dumps(message) + "\n")
                    file.flush()
        except BrokenPipeError:
            # Whoever asked went away, which may show only when what is left is written at the end.
            return

    def _answers(self, line: str) -> Iterator[Message]:
        """What is said to a line, its end or its error last."""
        try:
            yield from self._answer(json.loads(line))
            yield {END: True}
        except (LabError, LookupError) as error:
            yield {"error": str(error)}


def ask(path: Path, question: Message) -> Iterator[Message]:
    """The answers of the lab that listens there, as they come. Raises LabError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            raise LabError(f"no lab of {path.parent.name} runs. HINT: make lab STACK={path.parent.name}") from None
        with connection.makefile("rw", encoding="utf-8") as file:
            try:
                file.write(json.dumps(question) + "\n")
                file.flush()
                for line in file:
                    message = json.loads(line)
                    if "error" in message:
                        raise LabError(message["error"])
                    if END in message:
                        return
                    yield message
            except (ConnectionError, json.JSONDecodeError):
                raise ended(path) from None
    raise ended(path)


def ask_once(path: Path, question: Message) -> Message:
    """The one answer to a question. Raises LabError."""
    for message in ask(path, question):
        return message
    raise ended(path)


def ended(path: Path) -> LabError:
    """What is wrong when an answer breaks off."""
    stack = path.parent.name
    return LabError(f"the lab of {stack} ended before it had answered. HINT: make lab STACK={stack}")
