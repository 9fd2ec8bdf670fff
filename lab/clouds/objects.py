"""The repositories from outside, as somebody would reach them who owns the accounts: to look, and to do harm."""

import base64
import hashlib
import re
import urllib.parse
from dataclasses import dataclass
from typing import Protocol
from xml.sax.saxutils import unescape

from lab.clouds.stores import Stores


class Objects(Protocol):
    """The objects of one repository's bucket."""

    def names(self, prefix: str = "") -> list[str]:
        """Names of all present objects that begin so, sorted."""
        ...

    def read(self, name: str) -> bytes:
        """The present content."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """One more version on top of the others."""
        ...

    def remove(self, name: str) -> None:
        """Hides it; earlier versions stay."""
        ...


def flip_a_byte(objects: Objects, name: str) -> None:
    """Inverts the byte in the middle."""
    content = bytearray(objects.read(name))
    content[len(content) // 2] ^= 0xFF
    objects.write(name, bytes(content))


@dataclass(frozen=True)
class AmazonObjects:
    """Those of repo1."""

    stores: Stores
    bucket: str

    def names(self, prefix: str = "") -> list[str]:
        """Names of all present objects that begin so, sorted."""
        found: list[str] = []
        query = {"list-type": "2", "prefix": prefix}
        while True:
            text = self.stores.s3("GET", self.bucket, f"/?{urllib.parse.urlencode(query)}").decode()
            found += [unescape(name) for name in re.findall(r"<Key>(.*?)</Key>", text)]
            more = re.search(r"<NextContinuationToken>(.*?)</NextContinuationToken>", text)
            if more is None:
                return sorted(found)
            query["continuation-token"] = unescape(more[1])

    def read(self, name: str) -> bytes:
        """The present content."""
        return self.stores.s3("GET", self.bucket, _path(name))

    def write(self, name: str, content: bytes) -> None:
        """One more version on top of the others, locked as they are."""
        # A bucket with Object Lock takes nothing without it.
        digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        self.stores.s3("PUT", self.bucket, _path(name), content, {"Content-MD5": digest})

    def remove(self, name: str) -> None:
        """Writes a delete marker; locked versions stay."""
        self.stores.s3("DELETE", self.bucket, _path(name))


@dataclass(frozen=True)
class GoogleObjects:
    """Those of repo2."""

    stores: Stores
    bucket: str

    def names(self, prefix: str = "") -> list[str]:
        """Names of all present objects that begin so, sorted."""
        return [name for name in self.stores.google_storage.names(self.bucket) if name.startswith(prefix)]

    def read(self, name: str) -> bytes:
        """The present content."""
        return self.stores.google_storage.read(self.bucket, name)

    def write(self, name: str, content: bytes) -> None:
        """One more version on top of the others."""
        self.stores.google_storage.write(self.bucket, name, content)

    def remove(self, name: str) -> None:
        """Makes the present version a past one."""
        self.stores.google_storage.remove(self.bucket, name)


def _path(name: str) -> str:
    return "/" + urllib.parse.quote(name)
