"""Who holds the other end of a connection, and the keys that are made of one secret."""

import os
import socket
from pathlib import Path

from cryptography.fernet import Fernet
from packages.commands.secrets import django_key, fernet_key
from packages.commands.tokens import CONNECTIONS, user_of


def test_the_user_of_a_connection_over_loopback_is_known() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        accepted, address = server.accept()
        with accepted:
            assert user_of(address, CONNECTIONS.read_text(encoding="ascii")) == os.getuid()


def test_a_connection_that_is_not_there_has_no_user() -> None:
    assert user_of(("127.0.0.1", 1), Path(CONNECTIONS).read_text(encoding="ascii")) is None


def test_any_text_in_the_secret_makes_a_key_that_pulp_takes_and_another_for_django() -> None:
    text = "what an operator has typed\n"

    assert Fernet(fernet_key(text)).decrypt(Fernet(fernet_key(text.strip())).encrypt(b"x")) == b"x"
    assert fernet_key(text) != fernet_key("something else")
    assert django_key(text) not in fernet_key(text)
